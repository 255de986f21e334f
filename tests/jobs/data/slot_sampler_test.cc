#include "jobs/data/slot_sampler.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/jobs/data/fixture.h"

namespace orch::data {
namespace {

class SlotSamplerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(prepare_dataset(request(folder_.path())).ok());
    auto dataset = Dataset::open(folder_.path() + "/data");
    ASSERT_TRUE(dataset.ok()) << dataset.error().message;
    dataset_ = std::move(dataset).value();
  }

  std::unique_ptr<SlotSampler> sampler(std::vector<std::pair<std::string, std::uint32_t>> weights,
                                       int length, std::uint64_t seed = 5) const {
    auto made = SlotSampler::create(*dataset_, weights, seed, length);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::move(made).value();
  }

  TemporaryDirectory folder_;
  std::unique_ptr<Dataset> dataset_;
};

/// Stretches of one document in a window, as (inputs, labels).
std::vector<std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>>> segments(
    const model::Batch& batch, int window) {
  std::vector<std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>>> out;
  const std::size_t base =
      static_cast<std::size_t>(window) * static_cast<std::size_t>(batch.length);
  for (int t = 0; t < batch.length; ++t) {
    const std::size_t at = base + static_cast<std::size_t>(t);
    if (batch.labels[at] < 0) {  // padding: sees itself only
      EXPECT_EQ(batch.segment_start[at], t);
      EXPECT_EQ(batch.positions[at], 0);
      continue;
    }
    if (batch.positions[at] == 0) {
      EXPECT_EQ(batch.segment_start[at], t);
      out.emplace_back();
    }
    EXPECT_EQ(batch.positions[at], t - batch.segment_start[at]);
    out.back().first.push_back(batch.ids[at]);
    out.back().second.push_back(batch.labels[at]);
  }
  return out;
}

TEST_F(SlotSamplerTest, AnEpochHoldsEveryTokenOnceAndDocumentsWhole) {
  for (const int length : {16, 64, 256}) {
    for (const char* name : {"general", "medical"}) {
      const auto slots = sampler({{name, 3}}, length);
      const Source& source = *dataset_->find(name);
      std::map<std::vector<std::int32_t>, int> expected, found;
      const auto window = static_cast<std::uint64_t>(length);
      for (std::uint64_t d = 0; d < source.documents(); ++d) {
        const std::uint64_t end = source.document_begin(d + 1) - 1;
        for (std::uint64_t begin = source.document_begin(d); begin < end; begin += window) {
          std::vector<std::int32_t> piece;
          for (std::uint64_t i = begin; i <= std::min(begin + window, end); ++i)
            piece.push_back(source.token(i));
          ++expected[piece];
        }
      }
      model::Batch batch;
      slots->fill(0, static_cast<int>(slots->windows(0)), batch);
      ASSERT_EQ(batch.ids.size(), slots->windows(0) * window);
      for (int w = 0; w < batch.windows; ++w)
        for (auto& [ids, labels] : segments(batch, w)) {
          ASSERT_TRUE(std::equal(ids.begin() + 1, ids.end(), labels.begin()));
          ids.push_back(labels.back());
          ++found[ids];
        }
      EXPECT_EQ(found, expected) << name << " " << length;
    }
  }
}

TEST_F(SlotSamplerTest, ASlotIsTheSameHoweverItIsAskedFor) {
  const auto slots = sampler({{"medical", 4}, {"general", 1}}, 64);
  model::Batch whole, one;
  const std::uint64_t first = 1000;
  slots->fill(first, 40, whole);
  const auto again = sampler({{"medical", 4}, {"general", 1}}, 64);
  for (std::uint64_t i = 0; i < 40; ++i) {
    again->fill(first + 39 - i, 1, one);
    const auto from = static_cast<std::ptrdiff_t>((39 - i) * 64);
    EXPECT_TRUE(std::equal(one.ids.begin(), one.ids.end(), whole.ids.begin() + from));
    EXPECT_TRUE(std::equal(one.labels.begin(), one.labels.end(), whole.labels.begin() + from));
    EXPECT_TRUE(std::equal(one.segment_start.begin(), one.segment_start.end(),
                           whole.segment_start.begin() + from));
  }
}

TEST_F(SlotSamplerTest, MixtureHoldsAtEveryPrefixOfSlots) {
  const auto slots = sampler({{"medical", 19}, {"general", 1}}, 64);
  int general = 0;
  for (std::uint64_t slot = 0; slot < 400; ++slot) {
    general += slots->provenance(slot).source == "general";
    EXPECT_LE(std::abs(general - static_cast<double>(slot + 1) / 20), 1.0);
  }
}

TEST_F(SlotSamplerTest, EpochsAndSeedsHaveTheirOwnOrder) {
  const auto slots = sampler({{"general", 1}}, 64), other = sampler({{"general", 1}}, 64, 6);
  const std::uint64_t windows = slots->windows(0);
  std::uint64_t same_epoch = 0, same_seed = 0;
  for (std::uint64_t i = 0; i < windows; ++i) {
    const auto a = slots->provenance(i), b = slots->provenance(windows + i);
    EXPECT_EQ(a.epoch, 0u);
    EXPECT_EQ(b.epoch, 1u);
    same_epoch += a.window == b.window;
    same_seed += a.window == other->provenance(i).window;
  }
  EXPECT_LT(same_epoch, windows / 4);
  EXPECT_LT(same_seed, windows / 4);
}

TEST_F(SlotSamplerTest, DistantSlotsCostNothing) {
  const auto slots = sampler({{"medical", 4}, {"general", 1}}, 64);
  model::Batch batch;
  for (const std::uint64_t slot : {1'000'000'000ULL, 1'000'000'000'000'000ULL, (1ULL << 62)}) {
    slots->fill(slot, 2, batch);
    EXPECT_EQ(batch.windows, 2);
    EXPECT_GT(slots->provenance(slot).epoch, 1000u);
  }
  EXPECT_NE(slots->provenance(1'000'000'000).text().find("epoch"), std::string::npos);
}

TEST_F(SlotSamplerTest, WindowsAreAlmostFull) {
  EXPECT_GT(sampler({{"general", 1}}, 256)->fill_ratio(), 0.9);
  EXPECT_LE(sampler({{"general", 1}}, 256)->fill_ratio(), 1.0);
}

TEST_F(SlotSamplerTest, RefusesWrongMixtures) {
  const auto refused = [&](std::vector<std::pair<std::string, std::uint32_t>> weights, int length) {
    const auto made = SlotSampler::create(*dataset_, weights, 1, length);
    return made.ok() ? std::string("made") : made.error().message;
  };
  EXPECT_NE(refused({{"clinical", 1}}, 64).find("clinical"), std::string::npos);
  EXPECT_NE(refused({{"general", 1}, {"general", 1}}, 64).find("twice"), std::string::npos);
  EXPECT_NE(refused({{"general", 0}}, 64).find("0"), std::string::npos);
  EXPECT_NE(refused({{"general", 65'536}, {"medical", 1}}, 64).find("65536"), std::string::npos);
  EXPECT_NE(refused({{"general", 1}}, 1).find("window"), std::string::npos);
  EXPECT_NE(refused({}, 64).find("no source"), std::string::npos);
}

}  // namespace
}  // namespace orch::data
