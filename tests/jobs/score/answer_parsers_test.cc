#include "jobs/score/answer_parsers.h"

#include <gtest/gtest.h>

namespace orch::score {
namespace {

Row row_of(const std::string& text, const std::string& gold, std::vector<std::string> choices) {
  Row row;
  row.prediction = text_answer(text);
  row.references = {text_answer(gold)};
  row.choices = std::move(choices);
  return row;
}
Parsed parse(Parser parser, const std::string& text, const std::string& gold,
             std::vector<std::string> choices = {}) {
  std::string compared;
  auto parsed = parse_row(parser, row_of(text, gold, std::move(choices)), compared);
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? *parsed : Parsed();
}

TEST(Parsers, EachSaysWhatWasChosenAndWhetherItIsMissingOrAmbiguous) {
  struct Case {
    Parser parser;
    const char *text, *gold, *chosen;
    bool right, missing, ambiguous;
  };
  const Case cases[] = {
      {Parser::kFirstChoice, "C. Because", "C", "B", false, false, true},
      {Parser::kFirstChoice, "xyz", "C", "", false, true, false},
      {Parser::kFirstChoiceFolded, "It is not known", "maybe", "no", false, false, false},
      {Parser::kExactlyOne, "DDI-int or DDI-false", "DDI-int", "", false, true, true},
      {Parser::kExactlyOne, "DDI-int", "DDI-int", "DDI-int", true, false, false},
      {Parser::kMcqa, "The right answer is B: x", "B", "b", true, false, false},
      {Parser::kMcqa, "A or C", "A", "a", true, false, true},
      {Parser::kMcqa, "E", "E", "", false, true, false},
      {Parser::kMcqa, "no, or yes", "No", "n", true, false, true},
      {Parser::kOption, "###Answer: OPTION C,A IS CORRECT.</s>", "A,C", "C,A", true, false, false},
      {Parser::kOption, "C", "C", "C", true, true, false},
      {Parser::kOption, "###Answer: OPTION A###Answer: OPTION A", "A", "AA", false, false, true},
      {Parser::kLetterStrict, "Because", "B", "", false, true, false},
      {Parser::kLetterStrict, "(B) fever", "B", "B", true, false, false},
      {Parser::kLetterStrict, "B. The answer is not C", "B", "B", true, false, true},
      {Parser::kOutcome, "true and false", "True", "", false, true, true},
      {Parser::kContains, "it is x", "x", "x", true, false, false},
  };
  for (const Case& c : cases) {
    const Parsed parsed = parse(c.parser, c.text, c.gold);
    EXPECT_EQ(parsed.chosen, c.chosen) << c.text;
    EXPECT_EQ(parsed.right, c.right) << c.text;
    EXPECT_EQ(parsed.missing, c.missing) << c.text;
    EXPECT_EQ(parsed.ambiguous, c.ambiguous) << c.text;
  }
}

TEST(Parsers, WithChoicesContainsSaysWhichOnesTheTextHolds) {
  const std::vector<std::string> labels = {"entailment", "contradiction", "neutral"};
  const Parsed other = parse(Parser::kContains, "Neutral.", "entailment", labels);
  EXPECT_FALSE(other.right);
  EXPECT_FALSE(other.missing);
  EXPECT_EQ(other.chosen, "neutral");
  const Parsed both = parse(Parser::kContains, "neutral, entailment", "neutral", labels);
  EXPECT_TRUE(both.right);
  EXPECT_TRUE(both.ambiguous);
  EXPECT_TRUE(parse(Parser::kFirstLine, "?\nneutral", "neutral", labels).missing);
}

TEST(Parsers, TheIntendedChoiceOfMedsKnowsOptionEAndYesAndNo) {
  const auto strict = [](const char* text, const char* gold) {
    return parse(Parser::kMcqaStrict, text, gold);
  };
  EXPECT_TRUE(strict("The right answer is E: fever", "The right answer is E: fever").right);
  EXPECT_TRUE(strict("b) fever", "B: fever").right);
  EXPECT_TRUE(strict("The answer is B.", "b").right);
  EXPECT_FALSE(strict("Because of A", "B").right);
  EXPECT_TRUE(strict("Because", "B").missing);
  EXPECT_TRUE(strict("I think yes.", "Yes").right);
  EXPECT_FALSE(strict("not known", "No").right);
  EXPECT_TRUE(strict("yes and no", "No").ambiguous);
}

}  // namespace
}  // namespace orch::score
