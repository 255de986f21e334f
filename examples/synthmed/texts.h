#pragma once
// The world as text: editions of statements, questions, test items, question-answer pairs. Pure
// functions of (world, seed).

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "examples/synthmed/world.h"

namespace orch::synthmed {

/// One edition of a domain: a document for each entity (its facts, shuffled, fresh wording), and
/// one of questions and answers for each practice entity; in random order.
std::vector<std::string> edition(const World& world, Domain domain, Random& random);

std::string question(const Entity& entity, std::size_t relation);

struct TestItem {
  std::string question;
  std::vector<std::string> options;
  int answer = 0;
  const Entity* entity = nullptr;
  std::size_t relation = 0;
};
/// One item for each fact of each entity that is not a practice entity; the options are values of
/// one pool.
std::vector<TestItem> test_items(const World& world, Domain domain, std::uint64_t seed);

struct Pair {
  std::string prompt, answer;
  const Entity* entity = nullptr;
};
struct PairSplit {
  std::vector<Pair> train;  ///< all practice facts and half of the facts behind the test items
  std::vector<Pair> test;   ///< the other half: never asked in any question form
};
PairSplit instruct_pairs(const World& world, std::uint64_t seed);

}  // namespace orch::synthmed
