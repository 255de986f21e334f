// chrF2 over a set against values and signatures of sacrebleu 2.6.0.

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(ChrfSacrebleu, EqualsThePackage) {
  const std::string skipped = expect_recorded("chrf_sacrebleu");
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

}  // namespace
}  // namespace orch::score
