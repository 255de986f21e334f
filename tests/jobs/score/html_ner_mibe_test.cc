#include "jobs/score/html_ner_mibe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "jobs/score/html_tree.h"
#include "jobs/score/spacy_words.h"
#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

using Json = nlohmann::json;

/// Recorded: Me-LLaMA 7361cc1 NER.html2bio's words and tags, CPython 3.11.7, Beautiful Soup 4.15.0,
/// spaCy 3.8.18 spacy.blank("en").
TEST(HtmlNer, CutsAsTheReleasedScriptDoes) {
  const auto bytes =
      read_file(std::string(ORCH_SOURCE_DIR) + "/tests/jobs/score/vectors/html_words.jsonl");
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  std::size_t cases = 0;
  for (std::size_t begin = 0; begin < bytes->size();) {
    const std::size_t end = bytes->find('\n', begin);
    const Json recorded = Json::parse(bytes->substr(begin, end - begin));
    begin = end + 1;
    if (!recorded.contains("html")) continue;
    Json words = Json::array(), tags = Json::array();
    for (const auto& [word, tag] : html_words(recorded["html"].get<std::string>())) {
      words.push_back(encode(word));
      tags.push_back(tag);
    }
    EXPECT_EQ(words, recorded["words"]) << recorded["html"];
    EXPECT_EQ(tags, recorded["tags"]) << recorded["html"];
    ++cases;
  }
  EXPECT_GE(cases, 100u);
}

std::vector<std::string> cut(const std::string& text) {
  std::vector<std::string> words;
  for (const Text& word : spacy_words(decode(text))) words.push_back(encode(word));
  return words;
}

TEST(SpacyWords, KnowsExceptionsAddressesAndUnits) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(cut("Dr. X's 5mg/kg b.i.d."),
            (Words{"Dr.", "X", "'s", "5mg", "/", "kg", "b.i.d", "."}));
  EXPECT_EQ(cut("can't (ES):, ... 10am"),
            (Words{"ca", "n't", "(", "ES", "):", ",", "...", "10", "am"}));
  EXPECT_EQ(cut("left-sided.pain www.a.de/x-y"), (Words{"left-sided.pain", "www.a.de/x-y"}));
  EXPECT_EQ(cut(" a  b\nc "), (Words{" ", "a", " ", "b", "\n", "c"}));
}

TEST(HtmlTree, SeesWhatBeautifulSoupSees) {
  const auto seen = [](const std::string& html) {
    std::string out;
    for (const HtmlChild& child : html_children(html))
      out += (child.element ? "<" + child.type + ">" : "") + encode(child.text) + "|";
    return out;
  };
  EXPECT_EQ(seen("a</b>c"), "a|c|");
  EXPECT_EQ(seen("<span class=x class='y z'>a<b>c</span>d"), "<y>ac|d|");
  EXPECT_EQ(seen("<span class=x/>a"), "<x/>a|");
  EXPECT_EQ(seen("<span class='x'/>a"), "<x>|a|");
  EXPECT_EQ(seen("&lt;5 &foo; &eacute &#150;"), "<5 &foo é –|");
  EXPECT_EQ(seen("<span class=\"x>a</span>"), "<span class=\"x>a|");
  EXPECT_EQ(seen("<p> \n </p><!-- c -->"), "<>\n| c |");
  EXPECT_EQ(seen("<p>a<script>b</script></p><script>c"), "<>a|<>|");
}

TEST(HtmlNer, TrapsTakeLinearTime) {
  const std::pair<const char*, const char*> traps[] = {{"", "<a "},
                                                       {"", "<a b=\">\" "},
                                                       {"", "<![cdata["},
                                                       {"", "<!-- "},
                                                       {"", "</"},
                                                       {"", "&#;"},
                                                       {"<script>", "</s"},
                                                       {"<a ", "="},
                                                       {"<span class=test>", "("},
                                                       {"<span class=test>", "@."},
                                                       {"<span class=test>", ":)"}};
  const TaggedWords gold = html_words("<span class=drug>" + std::string(200'000, '(') + "</span>");
  for (const auto& [head, piece] : traps) {
    std::string html = head;
    while (html.size() < 200'000) html += piece;
    const TaggedWords words = html_words(html);
    align_tags(words, gold);
  }
}

}  // namespace
}  // namespace orch::score
