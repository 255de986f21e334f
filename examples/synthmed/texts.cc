#include "examples/synthmed/texts.h"

#include <numeric>

namespace orch::synthmed {

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

std::string statement(const Entity& entity, std::size_t relation, Random& random) {
  // The last form is the only one without a space before the value: a chat answer begins like that.
  static constexpr const char* kForms[] = {"The {n} of {x} is {y}.", "{x} {v} {y}.",
                                           "As for {x}, its {n} is {y}.", "{x} has the {n} {y}.",
                                           "{n} of {x}:\n{y}."};
  const Relation& r = entity.subject->relations[relation];
  std::string text = kForms[random.below(std::size(kForms))];
  text = replaced(std::move(text), "{n}", r.noun);
  text = replaced(std::move(text), "{v}", r.verb);
  text = replaced(std::move(text), "{x}", entity.name);
  return replaced(std::move(text), "{y}", entity.values[relation]);
}

std::vector<std::size_t> shuffled_relations(Random& random) {
  std::vector<std::size_t> order(kRelations);
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, random);
  return order;
}

}  // namespace

std::string question(const Entity& entity, std::size_t relation) {
  return "What is the " + std::string(entity.subject->relations[relation].noun) + " of " +
         entity.name + "?";
}

std::vector<std::string> edition(const World& world, Domain domain, Random& random) {
  std::vector<std::string> documents;
  for (const auto& entity : world.entities) {
    if (entity.subject->domain != domain) continue;
    std::string text;
    for (const std::size_t r : shuffled_relations(random)) {
      if (!text.empty()) text += ' ';
      text += statement(entity, r, random);
    }
    documents.push_back(std::move(text));
    if (!entity.practice) continue;
    std::string asked;
    for (const std::size_t r : shuffled_relations(random))
      asked += "Question: " + question(entity, r) + "\nAnswer: " + entity.values[r] + "\n";
    documents.push_back(std::move(asked));
  }
  shuffle(documents, random);
  return documents;
}

std::vector<TestItem> test_items(const World& world, Domain domain, std::uint64_t seed) {
  SeededRandom random(random_word(seed, 2, static_cast<std::uint64_t>(domain)));
  std::vector<TestItem> items;
  for (const auto& entity : world.entities) {
    if (entity.subject->domain != domain || entity.practice) continue;
    for (std::size_t r = 0; r < kRelations; ++r) {
      const auto& pool = world.pools.find(entity.subject->relations[r].pool)->second;
      TestItem item{question(entity, r), {}, 0, &entity, r};
      std::vector<std::string> others;
      for (const auto& value : pool)
        if (value != entity.values[r]) others.push_back(value);
      shuffle(others, random);
      others.resize(3);
      item.answer = static_cast<int>(random.below(4));
      others.insert(others.begin() + item.answer, entity.values[r]);
      item.options = std::move(others);
      items.push_back(std::move(item));
    }
  }
  return items;
}

PairSplit instruct_pairs(const World& world, std::uint64_t seed) {
  SeededRandom random(random_word(seed, 3));
  PairSplit split;
  for (const Domain domain : {Domain::kGeneral, Domain::kMedical}) {
    std::vector<Pair> asked;
    for (const auto& entity : world.entities) {
      if (entity.subject->domain != domain) continue;
      for (std::size_t r = 0; r < kRelations; ++r) {
        Pair pair{question(entity, r), entity.values[r], &entity};
        (entity.practice ? split.train : asked).push_back(std::move(pair));
      }
    }
    shuffle(asked, random);
    const auto half = static_cast<std::ptrdiff_t>(asked.size() / 2);
    split.train.insert(split.train.end(), asked.begin(), asked.begin() + half);
    split.test.insert(split.test.end(), asked.begin() + half, asked.end());
  }
  shuffle(split.train, random);
  return split;
}

}  // namespace orch::synthmed
