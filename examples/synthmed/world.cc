#include "examples/synthmed/world.h"

#include <cctype>
#include <set>

namespace orch::synthmed {

namespace {

/// Names that are unique in the world and are no value of a pool.
class Names {
 public:
  explicit Names(Random& random) : random_(random) {
    for (const auto& pool : word_pools())
      for (auto& word : split_words(pool.words)) taken_.insert(lower(word));
  }

  std::string make(std::string_view kind) {
    static const std::vector<std::string> onset = split_words(onsets()),
                                          vowel = split_words(vowels());
    const std::vector<std::string> ending = split_words(suffixes(kind));
    while (true) {
      std::string name = pick(onset) + pick(vowel);
      name += pick(onset) + pick(vowel);
      name += pick(ending);
      if (!taken_.insert(name).second) continue;
      name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
      return name;
    }
  }

 private:
  static std::string lower(std::string word) {
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return word;
  }
  const std::string& pick(const std::vector<std::string>& of) {
    return of[random_.below(of.size())];
  }

  Random& random_;
  std::set<std::string> taken_;
};

/// Deals the values of one pool: after every 16 cards each value has come equally often.
class Deck {
 public:
  Deck(const std::vector<std::string>& values, Random& random) : values_(values), random_(random) {}
  const std::string& next() {
    if (order_.empty()) {
      for (std::size_t i = 0; i < values_.size(); ++i) order_.push_back(i);
      shuffle(order_, random_);
    }
    const std::size_t card = order_.back();
    order_.pop_back();
    return values_[card];
  }

 private:
  const std::vector<std::string>& values_;
  Random& random_;
  std::vector<std::size_t> order_;
};

}  // namespace

std::vector<std::string> split_words(std::string_view words) {
  std::vector<std::string> out;
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    out.emplace_back(words.substr(0, space));
    words = space == std::string_view::npos ? std::string_view() : words.substr(space + 1);
  }
  return out;
}

World make_world(std::uint64_t seed) {
  SeededRandom random(random_word(seed, 1));
  World world;
  Names names(random);
  for (const auto& pool : word_pools())
    world.pools[std::string(pool.name)] = split_words(pool.words);
  for (const auto kind : generated_pools())
    for (int i = 0; i < kPoolSize; ++i) world.pools[std::string(kind)].push_back(names.make(kind));
  for (const auto& subject : subjects())
    for (int i = 0; i < subject.entities; ++i)
      world.entities.push_back({names.make(subject.kind), &subject, i < subject.entities / 10, {}});
  // Practice entities and the others have decks of their own: the values behind the test items are
  // even.
  for (const bool practice : {true, false}) {
    std::map<std::string_view, Deck> decks;
    for (const auto& [name, values] : world.pools) decks.emplace(name, Deck(values, random));
    for (auto& entity : world.entities) {
      if (entity.practice != practice) continue;
      for (std::size_t r = 0; r < kRelations; ++r)
        entity.values[r] = decks.at(entity.subject->relations[r].pool).next();
    }
  }
  return world;
}

}  // namespace orch::synthmed
