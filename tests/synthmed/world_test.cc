#include "examples/synthmed/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "examples/synthmed/texts.h"

namespace orch::synthmed {
namespace {

TEST(World, IsAFunctionOfItsSeed) {
  const World a = make_world(3), b = make_world(3), c = make_world(4);
  ASSERT_EQ(a.entities.size(), 460u);
  for (std::size_t i = 0; i < a.entities.size(); ++i) {
    EXPECT_EQ(a.entities[i].name, b.entities[i].name);
    EXPECT_EQ(a.entities[i].values, b.entities[i].values);
  }
  EXPECT_NE(a.entities[0].name, c.entities[0].name);
}

TEST(World, NamesAreUniqueAndNoValues) {
  const World world = make_world(1);
  std::set<std::string> names, values;
  for (const auto& [pool, words] : world.pools) {
    EXPECT_EQ(words.size(), static_cast<std::size_t>(kPoolSize)) << pool;
    values.insert(words.begin(), words.end());
  }
  for (const auto& entity : world.entities) {
    EXPECT_TRUE(names.insert(entity.name).second) << entity.name;
    EXPECT_FALSE(values.count(entity.name));
  }
}

TEST(World, ValuesBehindTestItemsAreDealtEvenly) {
  const World world = make_world(1);
  std::map<std::string, std::map<std::string, int>> dealt;
  for (const auto& entity : world.entities)
    if (!entity.practice)
      for (std::size_t r = 0; r < kRelations; ++r)
        ++dealt[std::string(entity.subject->relations[r].pool)][entity.values[r]];
  for (const auto& [pool, counts] : dealt) {
    int low = 1 << 30, high = 0;
    for (const auto& [value, count] : counts) {
      low = std::min(low, count);
      high = std::max(high, count);
    }
    EXPECT_EQ(counts.size(), static_cast<std::size_t>(kPoolSize)) << pool;
    EXPECT_LE(high - low, 1) << pool;
  }
}

TEST(Texts, AnEditionStatesEveryFact) {
  const World world = make_world(2);
  SeededRandom random(1);
  const auto documents = edition(world, Domain::kGeneral, random);
  EXPECT_EQ(documents.size(), 240u + 24u);
  for (const auto& entity : world.entities) {
    if (entity.subject->domain != Domain::kGeneral) continue;
    const auto it = std::find_if(documents.begin(), documents.end(), [&](const std::string& text) {
      return text.find(entity.name) != std::string::npos &&
             text.find("Question:") == std::string::npos;
    });
    ASSERT_NE(it, documents.end()) << entity.name;
    for (const auto& value : entity.values) EXPECT_NE(it->find(value), std::string::npos) << *it;
  }
}

TEST(Texts, TestItemsAreHeldOutAndWellFormed) {
  const World world = make_world(2);
  for (const auto& [domain, size] :
       {std::pair{Domain::kGeneral, 1080u}, std::pair{Domain::kMedical, 990u}}) {
    const auto items = test_items(world, domain, 2);
    ASSERT_EQ(items.size(), size);
    int answers[4] = {};
    for (const auto& item : items) {
      EXPECT_FALSE(item.entity->practice);
      EXPECT_EQ(std::set<std::string>(item.options.begin(), item.options.end()).size(), 4u);
      EXPECT_EQ(item.options[static_cast<std::size_t>(item.answer)],
                item.entity->values[item.relation]);
      EXPECT_NE(item.question.find(item.entity->name), std::string::npos);
      ++answers[item.answer];
    }
    for (const int count : answers) EXPECT_GT(count, static_cast<int>(size) / 6);
  }
}

TEST(Texts, PairsForTestAreNeverAskedInTraining) {
  const World world = make_world(2);
  const PairSplit pairs = instruct_pairs(world, 2);
  EXPECT_EQ(pairs.train.size(), 1265u);
  EXPECT_EQ(pairs.test.size(), 1035u);
  std::set<std::string> trained;
  for (const auto& pair : pairs.train) trained.insert(pair.prompt);
  for (const auto& pair : pairs.test) {
    EXPECT_FALSE(trained.count(pair.prompt));
    EXPECT_FALSE(pair.entity->practice);
  }
}

}  // namespace
}  // namespace orch::synthmed
