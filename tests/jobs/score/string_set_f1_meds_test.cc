#include "jobs/score/string_set_f1_meds.h"

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

using Entities = std::set<Text>;

TEST(StringSetF1Meds, TheReleasedRuleCutsTheLastCharacterAndKnowsOneSpelling) {
  EXPECT_EQ(entity_set_as_released(U" Aspirin, Ibuprofen. "), (Entities{U"aspirin", U"ibuprofe"}));
  EXPECT_EQ(entity_set_as_released(U"vit. b, b,c."), (Entities{U"vit b", U"b,"}));
  EXPECT_EQ(entity_set_as_released(U"There is no related enetity."), Entities{});
  EXPECT_EQ(entity_set_as_released(U"There is no related entity."),
            (Entities{U"there is no related entit"}));
  EXPECT_EQ(entity_set_as_released(U""), (Entities{U""})) << "the empty text is an entity";
}

TEST(StringSetF1Meds, TheIntendedRuleKeepsWholeEntities) {
  EXPECT_EQ(entity_set_as_intended(U" Aspirin, Ibuprofen. "), (Entities{U"aspirin", U"ibuprofen"}));
  EXPECT_EQ(entity_set_as_intended(U"vit. b,,c."), (Entities{U"vit. b", U"c"}));
  EXPECT_EQ(entity_set_as_intended(U"There is no related enetity."), Entities{});
  EXPECT_EQ(entity_set_as_intended(U"There is no related entity"), Entities{});
  EXPECT_EQ(entity_set_as_intended(U"."), Entities{});
}

// Sets {a, b} and {a, c}, then {x} and {x, y}: 2 right of 3 predicted and 4 in gold.
TEST(StringSetF1Meds, CountsOverTheSet) {
  const std::string lines = pair_row("a, bb.", "a, cc") + pair_row("xx", "x, yy.");
  EXPECT_DOUBLE_EQ(score_value(lines, "string_set_f1_meds"), 2 * 2.0 / (3 + 4));
  EXPECT_DOUBLE_EQ(score_value(lines, "string_set_f1_meds", "string_set_precision_meds"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score_value(lines, "string_set_f1_meds", "string_set_recall_meds"), 2.0 / 4);
}

TEST(StringSetF1Meds, PassesOverNullPredictionsAndSaysSo) {
  const std::string lines =
      pair_row("aa", "aa") + "{\"id\": 9, \"prediction\": null, \"references\": [\"aa\"]}\n";
  EXPECT_DOUBLE_EQ(score_value(lines, "string_set_f1_meds"), 1.0);
  EXPECT_DOUBLE_EQ(score_value(lines, "string_set_f1_meds", "string_set_f1_meds_skipped"), 1.0);
}

}  // namespace
}  // namespace orch::score
