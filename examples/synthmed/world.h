#pragma once
// A world of fictional facts, all from one seed: entities with names, five facts each. Plain
// values.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "examples/synthmed/subjects.h"

namespace orch::synthmed {

struct Entity {
  std::string name;
  const Subject* subject = nullptr;
  bool practice = false;                       ///< also occurs in question form in training texts
  std::array<std::string, kRelations> values;  ///< one a relation
};

struct World {
  std::vector<Entity> entities;  ///< by subject, practice entities first
  std::map<std::string, std::vector<std::string>, std::less<>> pools;
};

/// The values of a pool are dealt like cards, in equal numbers, so that no value is the better
/// guess.
World make_world(std::uint64_t seed);

std::vector<std::string> split_words(std::string_view words);

template <typename T>
void shuffle(std::vector<T>& items, Random& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

}  // namespace orch::synthmed
