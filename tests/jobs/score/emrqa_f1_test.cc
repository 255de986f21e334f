#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(EmrqaF1, IdenticalStringsScoreBelowOneUnderTheReleasedCharacterF1) {
  EXPECT_NEAR(score_value(pair_row("aspirin", "aspirin"), "char_f1_mibe_emrqa"), 6.0 / 7, 1e-12);
  EXPECT_EQ(score_value(pair_row("aspirin", "aspirin"), "token_f1"), 1.0);
}

}  // namespace
}  // namespace orch::score
