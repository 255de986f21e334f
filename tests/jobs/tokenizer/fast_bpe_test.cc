// The fast encoder against the definition of byte-pair encoding, on vocabularies in which anything
// may be: ranks in any order, several pairs for one token, tokens that nothing makes.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>

#include "base/random.h"
#include "jobs/tokenizer/fast_bpe.h"
#include "jobs/tokenizer/fast_bpe_group.h"
#include "jobs/tokenizer/fast_model.h"
#include "jobs/tokenizer/fast_tables.h"
#include "jobs/tokenizer/shared_memo.h"

namespace orch::tokenizer {
namespace {

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<Merge> merges;
  std::vector<std::uint32_t> symbols;
};

TokenTexts texts_of(const std::vector<std::string>& tokens) {
  TokenTexts texts;
  for (const std::string& token : tokens) texts.add(token);
  return texts;
}

/// Random merges over a few letters, shuffled if `shuffled`, with more pairs for the same tokens.
Vocabulary random_vocabulary(Random& random, std::size_t letters, std::size_t size, bool shuffled) {
  Vocabulary v;
  std::map<std::string, std::int32_t> ids;
  for (std::size_t i = 0; i < letters; ++i) {
    v.tokens.emplace_back(1, static_cast<char>('a' + i));
    v.symbols.push_back(static_cast<std::uint32_t>(i));
    ids[v.tokens.back()] = static_cast<std::int32_t>(i);
  }
  std::map<std::pair<std::int32_t, std::int32_t>, bool> seen;
  for (std::size_t tries = 0; v.merges.size() < size && tries < size * 20; ++tries) {
    const auto left = static_cast<std::int32_t>(random.below(v.tokens.size()));
    const auto right = static_cast<std::int32_t>(random.below(v.tokens.size()));
    const std::string text =
        v.tokens[static_cast<std::size_t>(left)] + v.tokens[static_cast<std::size_t>(right)];
    if (text.size() > 9 || seen[{left, right}]) continue;
    seen[{left, right}] = true;
    if (!ids.count(text)) {
      ids[text] = static_cast<std::int32_t>(v.tokens.size());
      v.tokens.push_back(text);
    }
    v.merges.push_back({left, right, ids[text]});
  }
  if (shuffled)
    for (std::size_t i = v.merges.size(); i > 1; --i)
      std::swap(v.merges[i - 1], v.merges[random.below(i)]);
  return v;
}

std::vector<std::uint32_t> by_definition(const Vocabulary& v, const std::string& text) {
  std::vector<std::uint32_t> ids;
  for (const char c : text) ids.push_back(static_cast<std::uint32_t>(c - 'a'));
  while (true) {
    std::size_t best_rank = v.merges.size(), best = 0;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i)
      for (std::size_t rank = 0; rank < best_rank; ++rank)
        if (static_cast<std::uint32_t>(v.merges[rank].left) == ids[i] &&
            static_cast<std::uint32_t>(v.merges[rank].right) == ids[i + 1]) {
          best_rank = rank;
          best = i;
        }
    if (best_rank == v.merges.size()) return ids;
    ids[best] = static_cast<std::uint32_t>(v.merges[best_rank].merged);
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

std::vector<std::uint32_t> fast(const FastBpe& bpe, const std::string& text, FastBpe::Work& work) {
  const auto first = bpe.longest(text.data(), text.size()).reachable;
  EXPECT_EQ(bpe.encode(text.data(), text.size(), first, work), text.size());
  return {work.tokens.begin(), work.tokens.end()};
}

class FastBpeOverVocabularies : public ::testing::TestWithParam<bool> {};

TEST_P(FastBpeOverVocabularies, GivesWhatTheDefinitionGives) {
  SeededRandom random(GetParam() ? 7 : 8);
  for (int round = 0; round < 500; ++round) {
    const std::size_t letters = 1 + random.below(4);
    const Vocabulary v = random_vocabulary(random, letters, 1 + random.below(40), GetParam());
    const auto tables = make_fast_tables(texts_of(v.tokens), v.merges, v.symbols);
    ASSERT_TRUE(tables);
    const FastTables view = tables->view();
    const FastBpe bpe(view);
    FastBpe::Work work;
    for (int text = 0; text < 60; ++text) {
      std::string s(1 + random.below(40), 'a');
      for (char& c : s) c = static_cast<char>('a' + random.below(letters));
      ASSERT_EQ(fast(bpe, s, work), by_definition(v, s)) << s << ", round " << round;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Shuffled, FastBpeOverVocabularies, ::testing::Bool());

TEST(FastBpe, StopsBeforeAnUnknownSymbol) {
  const Vocabulary v{{"a", "b", "ab"}, {{0, 1, 2}}, {0, 1}};
  const auto tables = make_fast_tables(texts_of(v.tokens), v.merges, v.symbols);
  const FastTables view = tables->view();
  const FastBpe bpe(view);
  FastBpe::Work work;
  const std::string text = "aab?ab";
  EXPECT_EQ(bpe.encode(text.data(), text.size(), 0, work), 3U);
  EXPECT_TRUE(std::ranges::equal(work.tokens, std::vector<std::uint32_t>{0, 2}));
}

TEST(FastBpe, KnowsWholeTokensThatNothingMakes) {
  const auto tables =
      make_fast_tables(texts_of({"a", "b", "ab", "abb"}), std::vector<Merge>{{0, 1, 2}}, {0, 1});
  const FastTables view = tables->view();
  const FastBpe bpe(view);
  EXPECT_EQ(bpe.longest("abb", 3).whole, 3U);
  EXPECT_EQ(bpe.longest("abb", 3).reachable, 2U);
  EXPECT_EQ(bpe.longest("abba", 4).whole, kNoToken);
}

std::array<std::uint32_t, 256> byte_ids_from(std::uint32_t first) {
  std::array<std::uint32_t, 256> ids{};
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

FastModel model_of(const Vocabulary& v, bool whole_first = false) {
  auto model =
      FastModel::make(texts_of(v.tokens), v.merges, v.symbols, byte_ids_from(1000), whole_first);
  EXPECT_TRUE(model.has_value());
  return model.value_or(FastModel());
}

using Ids = std::vector<std::uint32_t>;

/// Each text's ids, encoded side by side.
std::vector<Ids> grouped(const FastModel& model, const std::vector<std::string>& texts,
                         bool may_be_tokens = true) {
  const auto group = std::make_unique<FastBpeGroup>();
  for (const std::string& text : texts) group->add(text, may_be_tokens);
  group->run(model);
  std::vector<Ids> all;
  for (std::size_t i = 0; i < texts.size(); ++i)
    all.emplace_back(group->ids(i).begin(), group->ids(i).end());
  return all;
}

TEST_P(FastBpeOverVocabularies, GivesTheSameForManyPiecesSideBySide) {
  SeededRandom random(GetParam() ? 9 : 10);
  for (int round = 0; round < 500; ++round) {
    const std::size_t letters = 1 + random.below(4);
    const Vocabulary v = random_vocabulary(random, letters, 1 + random.below(40), GetParam());
    std::vector<std::string> texts(1 + random.below(80));
    for (std::string& text : texts) {
      text.resize(1 + random.below(FastBpeGroup::kPieceBytesMax));
      for (char& c : text) c = static_cast<char>('a' + random.below(letters));
    }
    const FastModel model = model_of(v);
    const auto found = grouped(model, texts, random.below(2) == 0);
    for (std::size_t i = 0; i < texts.size(); ++i)
      ASSERT_EQ(found[i], by_definition(v, texts[i])) << texts[i] << ", round " << round;
  }
}

TEST(FastBpeGroup, HoldsAsManyOfTheLongestAsItSays) {
  const Vocabulary v{{"a", "b"}, {}, {0, 1}};
  const std::string longest(FastBpeGroup::kPieceBytesMax, 'b');
  const auto found =
      grouped(model_of(v), std::vector<std::string>(FastBpeGroup::kPiecesMax, longest));
  for (const Ids& ids : found) ASSERT_EQ(ids, Ids(longest.size(), 1));
}

TEST(FastBpeGroup, TakesWhatIsUnknownByteByByte) {
  // é is a symbol of two bytes; è has the same first byte and is none.
  const Vocabulary v{{"a", "\u00E9", "a\u00E9"}, {{0, 1, 2}}, {0, 1}};
  const auto found = grouped(model_of(v), {"a\u00E9a", "a\u00E8a\u00E9", "?", "\u00E9\xC3"});
  EXPECT_EQ(found[0], (Ids{2, 0}));
  EXPECT_EQ(found[1], (Ids{0, 1000 + 0xC3, 1000 + 0xA8, 2}));
  EXPECT_EQ(found[2], (Ids{1000 + '?'}));
  EXPECT_EQ(found[3], (Ids{1, 1000 + 0xC3}));
}

TEST(FastBpeGroup, TakesWholeTokensThatNothingMakesOnlyIfTheyComeFirst) {
  const Vocabulary v{{"a", "b", "ab", "abb"}, {{0, 1, 2}}, {0, 1}};
  EXPECT_EQ(grouped(model_of(v), {"abb", "ab"}), (std::vector<Ids>{{2, 1}, {2}}));
  EXPECT_EQ(grouped(model_of(v, true), {"abb", "ab", "abba"}),
            (std::vector<Ids>{{3}, {2}, {2, 1, 0}}));
}

TEST(FastMerges, FindsEveryMergeThatCanHappenAndNoOther) {
  SeededRandom random(11);
  for (int round = 0; round < 60; ++round) {
    const Vocabulary v =
        random_vocabulary(random, 1 + random.below(6), 1 + random.below(300), round % 2 == 0);
    const FastModel model = model_of(v);
    const FastMerges& merges = model.merges;
    for (std::uint32_t left = 0; left < v.tokens.size(); ++left)
      for (std::uint32_t right = 0; right < v.tokens.size(); ++right) {
        const std::uint32_t a = merges.number_of(left), b = merges.number_of(right);
        if (a == FastMerges::kNone || b == FastMerges::kNone) continue;
        const std::uint32_t formed = model.tables.formed(left, right);
        const std::uint32_t merged = merges.find(merges.place_of(a, b));
        ASSERT_EQ(merged == FastMerges::kNone, formed == kNeverFormed);
        if (merged == FastMerges::kNone) continue;
        ASSERT_EQ(v.tokens[merges.id_of(merged)], v.tokens[left] + v.tokens[right]);
      }
  }
}

TEST(FastModel, DeniesNoShortToken) {
  SeededRandom random(12);
  Vocabulary v = random_vocabulary(random, 6, 3000, true);
  v.tokens.emplace_back(SharedMemo::kPieceBytesMax, 'z');
  const FastModel model = model_of(v);
  for (const std::string& token : v.tokens)
    ASSERT_TRUE(model.short_tokens.may_have(SharedMemo::Key(token).hash())) << token;
  std::size_t claimed = 0;
  for (int i = 0; i < 1000; ++i)
    claimed += model.short_tokens.may_have(SharedMemo::Key("no " + std::to_string(i)).hash());
  EXPECT_LT(claimed, 300U);
}

}  // namespace
}  // namespace orch::tokenizer
