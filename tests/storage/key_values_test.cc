// One contract for RocksDB and memory.

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "storage/key_values_memory.h"

namespace orch::storage {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Form {
  const char* name;
  std::function<std::unique_ptr<KeyValues>(const std::string& folder)> open;
};
class KeyValuesContract : public testing::TestWithParam<Form> {
 protected:
  TemporaryDirectory folder_;
  std::unique_ptr<KeyValues> values_ = GetParam().open(folder_.path());

  void put(const Pairs& puts) { ASSERT_TRUE(values_->write({{}, puts}, true).ok()); }
  Pairs all(const std::string& from, const std::string& to) const {
    Pairs out;
    EXPECT_TRUE(values_
                    ->scan(from, to,
                           [&](std::string_view key, std::string_view value) {
                             out.emplace_back(key, value);
                             return true;
                           })
                    .ok());
    return out;
  }
};

TEST_P(KeyValuesContract, ReadsWhatWasWritten) {
  put({{"b", "2"}, {"a", std::string("\0x", 2)}});
  EXPECT_EQ(**values_->get("a"), std::string("\0x", 2));
  EXPECT_EQ(*values_->get("c"), std::nullopt);
  put({{"b", "3"}});
  EXPECT_EQ(**values_->get("b"), "3");
}

TEST_P(KeyValuesContract, ScansInOrderOfBytesAndLeavesTheEndOut) {
  put({{"\xff", "4"}, {"a", "1"}, {"b", "2"}, {"c", "3"}});
  EXPECT_EQ(all("a", "c"), (Pairs{{"a", "1"}, {"b", "2"}}));
  int seen = 0;
  ASSERT_TRUE(
      values_->scan("", "\xff", [&](std::string_view, std::string_view) { return ++seen < 2; })
          .ok());
  EXPECT_EQ(seen, 2);
}

TEST_P(KeyValuesContract, FindsTheLastOfARange) {
  put({{"a1", "1"}, {"a2", "2"}, {"b1", "3"}});
  EXPECT_EQ((*values_->last_in("a", "b"))->first, "a2");
  EXPECT_EQ((*values_->last_in("a", "a2"))->first, "a1");
  EXPECT_EQ(*values_->last_in("a3", "b"), std::nullopt);
  EXPECT_EQ(*values_->last_in("0", "a"), std::nullopt);
}

TEST_P(KeyValuesContract, ErasesRangesBeforeItPuts) {
  put({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  ASSERT_TRUE(values_->write({{{"a", "c"}}, {{"b", "9"}}}, true).ok());
  EXPECT_EQ(all("", "z"), (Pairs{{"b", "9"}, {"c", "3"}}));
}

INSTANTIATE_TEST_SUITE_P(Forms, KeyValuesContract,
                         testing::Values(Form{"rocksdb",
                                              [](const std::string& folder) {
                                                auto opened = open_rocksdb(folder + "/db");
                                                EXPECT_TRUE(opened.ok());
                                                return std::move(*opened);
                                              }},
                                         Form{"memory",
                                              [](const std::string&) -> std::unique_ptr<KeyValues> {
                                                return std::make_unique<MemoryKeyValues>();
                                              }}),
                         [](const auto& info) { return info.param.name; });

TEST(Keys, KeepTheOrderOfNumbers) {
  EXPECT_LT(key_u64(255), key_u64(256));
  EXPECT_LT(key_i64(-5), key_i64(-4));
  EXPECT_LT(key_i64(-1), key_i64(0));
  EXPECT_EQ(read_i64(key_i64(-77)), -77);
  EXPECT_EQ(read_u32(key_u32(4'000'000'000U)), 4'000'000'000U);
  EXPECT_EQ(prefix_end("a\xff"), "b");
}

TEST(RocksDb, IsReopenedAndLocked) {
  const TemporaryDirectory folder;
  {
    auto first = open_rocksdb(folder.path() + "/db");
    ASSERT_TRUE(first.ok());
    ASSERT_TRUE((*first)->write({{}, {{"a", "1"}}}, true).ok());
    const auto second = open_rocksdb(folder.path() + "/db");
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, Code::kUnavailable) << second.error().message;
  }
  auto again = open_rocksdb(folder.path() + "/db");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(**(*again)->get("a"), "1");
}

TEST(RocksDb, SaysWhichFolderIsDamaged) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/db";
  {
    auto values = open_rocksdb(path);
    ASSERT_TRUE(values.ok());
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE((*values)->write({{}, {{key_u64(i), std::string(2000, 'x')}}}, true).ok());
    }
  }
  const auto files = list_directory(path);
  ASSERT_TRUE(files.ok());
  int flipped = 0;
  for (const std::string& file : *files) {
    if (file.find(".log") == std::string::npos) continue;
    std::fstream log(path + "/" + file, std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(50'000);
    log.put('!');
    ++flipped;
  }
  ASSERT_EQ(flipped, 1);
  const auto damaged = open_rocksdb(path);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, Code::kCorrupt);
  EXPECT_NE(damaged.error().message.find(path), std::string::npos) << damaged.error().message;
}

}  // namespace
}  // namespace orch::storage
