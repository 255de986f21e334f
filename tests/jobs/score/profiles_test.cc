#include "jobs/score/profiles.h"

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(Profiles, OneRunReportsBothForms) {
  ScoreOptions options;
  options.profile = "MIBE/MedQA@as_released";
  const auto out = score_lines(pair_row("C. Because of pain", "C"), options);
  ASSERT_TRUE(out.ok()) << out.error().message;
  const std::size_t released = out->find("\"accuracy\": 0.0");  // the B of "Because"
  const std::size_t intended = out->find("\"as_intended\": {\"accuracy\": 1.0");
  EXPECT_NE(released, std::string::npos) << *out;
  EXPECT_NE(intended, std::string::npos) << *out;
}

}  // namespace
}  // namespace orch::score
