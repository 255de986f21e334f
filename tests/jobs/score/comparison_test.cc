#include "jobs/score/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"

namespace orch::score {
namespace {

class CompareTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    EXPECT_TRUE(write_file_atomic(path, text).ok());
    return path;
  }
  static std::string line(int id, int acc, const std::string& hash = "h") {
    return "{\"doc_id\": " + std::to_string(id) + ", \"doc_hash\": \"" + hash +
           "\", \"filter\": \"none\", \"acc\": " + std::to_string(acc) + ".0}\n";
  }
  Result<Comparison> compared(const std::string& base, const std::string& candidate,
                              const std::string& metric = "") {
    ComparisonRequest request;
    request.base = base;
    request.candidate = candidate;
    request.query.metric = metric;
    return compare(request);
  }
  TemporaryDirectory folder_;
};

TEST_F(CompareTest, CountsPairsInAnyOrder) {
  const auto base = write("a", line(1, 1) + line(2, 1) + line(3, 0) + line(4, 0));
  const auto candidate = write("b", line(4, 0) + line(3, 1) + line(2, 0) + line(1, 1));
  const auto c = compared(base, candidate);
  ASSERT_TRUE(c.ok()) << c.error().message;
  const Judgement& j = c->judgement;
  EXPECT_EQ(j.items, 4);
  EXPECT_EQ(j.losses, 1);
  EXPECT_EQ(j.wins, 1);
  EXPECT_EQ(j.base, 0.5);
}

TEST_F(CompareTest, ListsWhatDoesNotMatch) {
  const auto good = write("good", line(1, 1) + line(2, 1));
  const auto refused = [&](const std::string& text, const char* named) {
    const auto j = compared(good, write("other", text));
    ASSERT_FALSE(j.ok()) << text;
    EXPECT_EQ(j.error().code, Code::kInvalid);
    EXPECT_NE(j.error().message.find(named), std::string::npos) << j.error().message;
  };
  refused(line(1, 1), "doc_id 2");
  refused(line(1, 1) + line(2, 1) + line(7, 1), "doc_id 7");
  refused(line(1, 1) + line(2, 1) + line(2, 0), "duplicates: doc_id 2 (line 3)");
  refused(line(1, 1) + line(2, 1, "other"), "doc_hash differs for doc_id 2");
  refused(line(1, 1) + "{\"doc_id\": 2, \"doc_hash\": \"h\"}\n", ":2: metric");
  refused(line(1, 1) + "{\"doc_id\": \"2\", \"acc\": 1}\n", ":2: key \"doc_id\"");
  refused(line(1, 1) + "what\n", ":2: not a JSON object");
  refused("", "no samples");
  EXPECT_EQ(compared(good, folder_.path() + "/none").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace orch::score
