// F1, precision and recall of labels and label columns against scikit-learn 1.9.1.

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(LabelF1, EqualsThePackage) { EXPECT_EQ(expect_recorded("label_f1"), ""); }

TEST(LabelF1, GoldOnlyLeavesOutPredictedLabels) {
  const std::string rows = pair_row("a", "a") + pair_row("missing", "b");
  EXPECT_NEAR(score_value(rows, "f1_macro"), 1.0 / 3, 1e-12);
  EXPECT_NEAR(score_value(rows, "f1_macro_gold"), 0.5, 1e-12);
}

}  // namespace
}  // namespace orch::score
