#include "jobs/checkpoint/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/file.h"
#include "base/random.h"

namespace orch::checkpoint {
namespace {

std::string file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  bytes += header;
  for (std::size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>(i);
  return bytes;
}

class Safetensors : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return join_path(folder_.path(), name); }
  std::string error_of(const std::string& bytes) {
    EXPECT_TRUE(write_file_atomic(path("x.safetensors"), bytes).ok());
    const auto file = SafetensorsFile::open(path("x.safetensors"));
    if (file.ok()) return "accepted";
    EXPECT_EQ(file.error().code, Code::kCorrupt);
    EXPECT_EQ(file.error().message.find(path("x.safetensors") + ": "), 0U);
    return file.error().message.substr(path("x.safetensors").size() + 2);
  }
  TemporaryDirectory folder_;
};

TEST_F(Safetensors, ReadsWhatItWrote) {
  const std::vector<float> a = {1.5F, -2.0F, 3.25F, 0.0F, 5.0F, 6.0F}, b = {42.0F};
  const std::vector<FloatTensor> tensors = {{"b", {2, 3}, a}, {"a", {}, b}, {"empty", {0, 4}, {}}};
  ASSERT_TRUE(write_safetensors(path("t.safetensors"), tensors, {{"format", "pt"}}).ok());
  const auto file = SafetensorsFile::open(path("t.safetensors"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->metadata().at("format"), "pt");
  ASSERT_EQ(file->tensors().size(), 3U);
  ASSERT_NE(file->find("b"), nullptr);
  EXPECT_EQ(file->find("b")->shape, (std::vector<std::int64_t>{2, 3}));
  std::vector<float> out(6);
  ASSERT_TRUE(file->read_floats(*file->find("b"), out).ok());
  EXPECT_EQ(out, a);
  EXPECT_EQ(file->find("c"), nullptr);
  EXPECT_FALSE(file->read_floats(*file->find("a"), out).ok());
  EXPECT_FALSE(file_exists(path("t.safetensors.tmp")));
}

TEST_F(Safetensors, ConvertsEveryFloatType) {
  const std::string header =
      R"({"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"h":{"dtype":"F16","shape":[5],"data_offsets":[8,18]},)"
      R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[18,22]},"i":{"dtype":"I32","shape":[1],"data_offsets":[22,26]}})";
  std::string bytes = file_of(header, 26);
  char* data = bytes.data() + 8 + header.size();
  const double d = -0.1;
  const std::uint16_t halves[] = {0x3c00, 0xc100, 0x0001, 0x7c00, 0x8400},
                      brains[] = {0x3f80, 0xc049};
  std::memcpy(data, &d, 8);
  std::memcpy(data + 8, halves, 10);
  std::memcpy(data + 18, brains, 4);
  ASSERT_EQ(error_of(bytes), "accepted");
  const auto file = SafetensorsFile::open(path("x.safetensors"));
  std::vector<float> one(1), five(5), two(2);
  ASSERT_TRUE(file->read_floats(*file->find("d"), one).ok());
  EXPECT_EQ(one[0], -0.1F);
  ASSERT_TRUE(file->read_floats(*file->find("h"), five).ok());
  EXPECT_EQ(five, (std::vector<float>{1.0F, -2.5F, 0x1.0p-24F, INFINITY, -0x1.0p-14F}));
  ASSERT_TRUE(file->read_floats(*file->find("b"), two).ok());
  EXPECT_EQ(two, (std::vector<float>{1.0F, -3.140625F}));
  EXPECT_EQ(file->read_floats(*file->find("i"), one).error().code, Code::kInvalid);
}

TEST_F(Safetensors, RefusesHostileHeaders) {
  const auto tensor = [](const std::string& shape, const std::string& offsets) {
    return R"({"t":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  EXPECT_EQ(error_of(file_of(tensor("[2]", "[0,8]"), 8)), "accepted");
  EXPECT_NE(error_of("short").find("too short"), std::string::npos);
  EXPECT_NE(error_of(std::string(64, '\xff')).find("does not fit"), std::string::npos);
  EXPECT_EQ(error_of(file_of("[1,2,3]", 0)), "the header is not a JSON object");
  EXPECT_EQ(error_of(file_of("{\"a\": ", 0)), "the header is not a JSON object");
  EXPECT_EQ(error_of(file_of(std::string(5000, '['), 0)), "the header is nested too deeply");
  EXPECT_EQ(error_of(file_of(R"({"t":7})", 0)), "tensor 't' is not an object");
  EXPECT_EQ(error_of(file_of(tensor("[2]", "[0,8]"), 7)),
            "tensor 't' ends at byte 8 of 7 (truncated?)");
  EXPECT_EQ(error_of(file_of(tensor("[2]", "[0,8]"), 9)), "1 bytes after the last tensor");
  EXPECT_EQ(error_of(file_of(tensor("[2]", "[4,12]"), 12)),
            "tensor 't' begins at byte 4, after a gap");
  EXPECT_EQ(error_of(file_of(tensor("[3]", "[0,8]"), 8)),
            "tensor 't' holds 8 bytes, F32 [3] needs 12");
  EXPECT_EQ(error_of(file_of(tensor("[2]", "[8,0]"), 8)), "tensor 't' ends before it begins");
  EXPECT_EQ(error_of(file_of(tensor("[2]", "[0]"), 8)),
            "tensor 't' has no data_offsets [begin, end]");
  for (const char* shape : {"[-2]", "[2.0]", "[\"2\"]", "[null]"}) {
    EXPECT_EQ(error_of(file_of(tensor(shape, "[0,8]"), 8)),
              "tensor 't' has a dimension that is not a whole number");
  }
  EXPECT_EQ(error_of(file_of(tensor("[NaN]", "[0,8]"), 8)), "the header is not a JSON object");
  for (const char* shape :
       {"[4611686018427387904,4611686018427387904]", "[18446744073709551615]"}) {
    EXPECT_EQ(error_of(file_of(tensor(shape, "[0,8]"), 8)),
              "tensor 't' has a shape whose size overflows");
  }
  EXPECT_EQ(error_of(file_of(R"({"t":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}})", 8)),
            "tensor 't' has unknown dtype 'Q4'");
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_EQ(error_of(file_of("{" + a + "," + a + "}", 8)), "tensor 'a' is there twice");
  EXPECT_EQ(
      error_of(file_of("{" + a + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12)),
      "tensor 'b' begins at byte 4, inside the one before it");
  EXPECT_EQ(error_of(file_of(R"({"__metadata__":{"n":1}})", 0)),
            "__metadata__ holds something other than text");
}

TEST_F(Safetensors, SurvivesRandomDamage) {
  const std::vector<float> values(64, 1.0F);
  const std::vector<FloatTensor> tensors = {{"first", {8, 4}, std::span(values).first(32)},
                                            {"second", {32}, std::span(values).last(32)}};
  ASSERT_TRUE(write_safetensors(path("t.safetensors"), tensors, {}).ok());
  const std::string good = read_file(path("t.safetensors")).value();
  SeededRandom random(17);
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    const int changes = 1 + static_cast<int>(random.below(4));
    for (int i = 0; i < changes; ++i) bad[random.below(200)] = static_cast<char>(random.below(256));
    if (random.chance(0.3)) bad.resize(random.below(bad.size()));
    std::ignore = write_file_atomic(path("x.safetensors"), bad);
    const auto file = SafetensorsFile::open(path("x.safetensors"));
    if (!file.ok()) continue;
    for (const TensorInfo& tensor : file->tensors()) {
      EXPECT_LE(file->bytes(tensor).size(), bad.size());
      std::vector<float> out(static_cast<std::size_t>(tensor.elements()));
      std::ignore = file->read_floats(tensor, out).ok();
    }
  }
}

TEST(SafetensorsFile, SaysWhenThereIsNone) {
  const TemporaryDirectory folder;
  EXPECT_EQ(SafetensorsFile::open(join_path(folder.path(), "no")).error().code, Code::kNotFound);
  EXPECT_EQ(SafetensorsFile::open(folder.path()).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace orch::checkpoint
