// Seeded fuzzing of what reads foreign bytes: tokenizer files with broken structure, texts,
// patterns; and the hand scanners against the regular expressions that they stand for. The number
// of rounds is fixed, so that it ends; ORCH_FUZZ_ROUNDS multiplies it.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/environment.h"
#include "base/random.h"
#include "jobs/data/documents.h"
#include "jobs/tokenizer/fast_scan.h"
#include "jobs/tokenizer/pattern.h"
#include "jobs/tokenizer/tokenizer.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {
namespace {

using nlohmann::json;

const std::string kVectors = std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/";

int rounds(int n) {
  const auto factor = environment("ORCH_FUZZ_ROUNDS");
  return n * std::max(1, factor ? std::atoi(factor->c_str()) : 1);
}

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> out;
  const auto read = data::read_lines(kVectors + file, [&](std::string_view line, std::uint64_t) {
    if (!line.empty()) out.emplace_back(line);
    return Result<void>();
  });
  EXPECT_TRUE(read.ok());
  return out;
}

std::string character(std::uint32_t p) {
  std::string out;
  append_utf8(out, p);
  return out;
}

/// Text in which the classes that patterns tell apart meet: spaces and line ends of all kinds,
/// contractions, cases, marks, numbers, other scripts, characters of other Unicode versions.
std::string random_text(Random& random) {
  static const std::vector<std::string> kParts = {
      " ",      "  ",         "\t",     "\n",     "\r\n",
      "\r",     "\v",         "\u00a0", "\u3000", "\u2028",
      "\u0085", "a",          "Z",      "é",      "É",
      "ß",      "ſ",          "ǅ",      "ʰ",      "日本",
      "カ",     "한",         "ไ",      "م",      "\u0301",
      "\u093f", "1",          "23",     "٣",      "Ⅷ",
      "²",      "'",          "'s",     "'S",     "'ſ",
      "'ll",    "'LL",        "'re",    "'Ve",    "'m",
      "'D",     "'t",         "!",      "...",    "/",
      "_",      "😀",          "🫨",   "\u200d", "<|endoftext|>",
      "<|end",  "\U000323B0", "ᲊ",    "\u0378"};
  std::string out;
  for (std::uint64_t n = random.below(24); n > 0; --n) {
    if (random.chance(0.1)) {
      const auto p = static_cast<std::uint32_t>(random.below(0x110000));
      out += p >= 0xD800 && p <= 0xDFFF ? "x" : character(p);
    } else {
      out += kParts[random.below(kParts.size())];
    }
  }
  return out;
}

/// A node of the document, chosen at random.
json& random_node(json& root, Random& random) {
  json* node = &root;
  while (node->is_structured() && !node->empty() && !random.chance(0.25)) {
    auto it = node->begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random.below(node->size())));
    node = &*it;
  }
  return *node;
}

void mutate(json& root, Random& random) {
  static const json kValues = json::parse(
      R"([null,true,0,-1,1e300,4294967296,9223372036854775807,"","x","▁","Ġ","<unk>","\u0000",[],{},
          [[]],["a","b"],{"type":"Sequence"},{"type":"Nope"},{"String":""},{"Regex":"(a+)+$"},
          {"Regex":"["},[0,0],"Isolated",{"type":"Split","pattern":{"Regex":"\\s*"},
          "behavior":"Removed","invert":true}])");
  json& node = random_node(root, random);
  switch (random.below(5)) {
    case 0:
      node = kValues[random.below(kValues.size())];
      break;
    case 1:
      node = json(random_node(root, random));
      break;
    case 2:
      if (node.is_object() && !node.empty()) {
        auto it = node.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(random.below(node.size())));
        node.erase(it);
      }
      break;
    case 3:
      if (node.is_array()) node.push_back(json(random_node(root, random)));
      break;
    default:
      if (node.is_string()) {
        auto text =
            node.get<std::string>() + character(static_cast<std::uint32_t>(random.below(0x250)));
        node = text.substr(random.below(2) ? 0 : text.find_first_of("ea", 0) % text.size());
      } else if (node.is_number_integer()) {
        // Unsigned: the largest number may wrap.
        node = static_cast<std::int64_t>(node.get<std::uint64_t>() + random.below(5) - 2);
      }
  }
}

std::vector<json> component_files() {
  std::map<std::string, json> bases;
  std::vector<json> out;
  for (const std::string& line : lines_of("components.jsonl")) {
    const json row = json::parse(line);
    if (row.contains("base")) {
      bases[row["base"]] = row["file"];
      continue;
    }
    out.push_back(bases.at(row["of"]));
    out.back().merge_patch(row["patch"]);
  }
  return out;
}

/// The bytes of a prefix or suffix that a model adds count as text where they fall back to bytes;
/// the original's ranges pass the end then, and so do ours.
bool spells_more(const std::string& file) {
  return file.find("\"byte_fallback\":true") != std::string::npos &&
         (file.find("\"continuing_subword_prefix\":null") == std::string::npos ||
          file.find("\"end_of_word_suffix\":null") == std::string::npos);
}

/// Whatever a file says, the tokenizer that came of it survives texts and its own ids.
void use(const Tokenizer& tokenizer, bool spells_more, Random& random) {
  for (int i = 0; i < 3; ++i) {
    const std::string text = random_text(random);
    const auto encoding = tokenizer.encode_with_offsets(text, random.chance(0.5));
    const auto ids = tokenizer.encode(text, false);
    (void)tokenizer.decode(ids, true);
    if (!encoding.ok()) continue;
    ASSERT_EQ(encoding->ids.size(), encoding->offsets.size());
    for (const ByteRange& range : encoding->offsets) {
      ASSERT_LE(range.begin, range.end);
      if (!spells_more) {
        ASSERT_LE(range.end, text.size());
      }
    }
    (void)tokenizer.decode(encoding->ids, false);
  }
  const std::vector<std::int32_t> wild = {-1, 0,        1 << 30, tokenizer.vocabulary_size(),
                                          3,  INT32_MIN};
  (void)tokenizer.decode(wild, false);
}

TEST(Fuzz, BrokenFilesGiveAnErrorOrAWorkingTokenizer) {
  const std::vector<json> files = component_files();
  ASSERT_GT(files.size(), 100u);
  SeededRandom random(4);
  int loaded = 0, refused = 0;
  for (int i = 0; i < rounds(1500); ++i) {
    json file = files[random.below(files.size())];
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n) mutate(file, random);
    const std::string text = file.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto tokenizer = Tokenizer::parse(text, "", "fuzz");
    tokenizer.ok() ? ++loaded : ++refused;
    if (!tokenizer.ok()) {
      ASSERT_FALSE(tokenizer.error().message.empty());
      continue;
    }
    SCOPED_TRACE(text.substr(0, 2000));
    use(**tokenizer, spells_more(text), random);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(loaded, 100);
  EXPECT_GT(refused, 100);
}

TEST(Fuzz, CutAndFlippedBytesOfFiles) {
  const std::vector<json> files = component_files();
  SeededRandom random(5);
  for (int i = 0; i < rounds(800); ++i) {
    std::string text = files[random.below(files.size())].dump();
    for (std::uint64_t n = random.below(4); n > 0; --n)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    if (random.chance(0.3)) text.resize(random.below(text.size()));
    const auto tokenizer = Tokenizer::parse(text, "", "fuzz");
    if (tokenizer.ok()) use(**tokenizer, spells_more(text), random);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(Fuzz, ByteLevelTextsComeBack) {
  const auto tokenizer = Tokenizer::open(kVectors + "trained.json");
  ASSERT_TRUE(tokenizer.ok());
  SeededRandom random(6);
  for (int i = 0; i < rounds(4000); ++i) {
    std::string text = random_text(random);
    if (random.chance(0.2))
      for (std::uint64_t n = random.below(4); n > 0 && !text.empty(); --n)
        text[random.below(text.size())] = static_cast<char>(random.below(256));
    const auto ids = (*tokenizer)->encode(text, false);
    ASSERT_EQ((*tokenizer)->decode(ids, false), repair_utf8(text));
    const auto encoding = (*tokenizer)->encode_with_offsets(text, false);
    ASSERT_TRUE(encoding.ok());
    ASSERT_EQ(encoding->ids, ids);
    // The tokens' ranges cover the text, a character cut in two belonging to both.
    std::size_t end = 0;
    for (const ByteRange& range : encoding->offsets) {
      ASSERT_LE(range.begin, end);
      ASSERT_GE(range.end, end);
      end = range.end;
    }
    ASSERT_EQ(end, text.size());
  }
}

TEST(Fuzz, PatternsCompileOrAreRefusedAndEnd) {
  const std::vector<std::string> patterns = lines_of("patterns.txt");
  static const std::vector<std::string> kParts = {
      "(",      ")",    "[",     "]",      "*",      "+",  "?",  "{2,",    "}",
      "|",      "\\",   "(?i)",  "(?<=",   "(?!",    "&&", "[^", "-",      "^",
      "\\p{L}", "\\x{", "(?<n>", "\\k<n>", "\\g<n>", "ß",  "日", "{1000}", "\\R"};
  SeededRandom random(7);
  int compiled = 0;
  for (int i = 0; i < rounds(6000); ++i) {
    std::string source = patterns[random.below(patterns.size())];
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
      const std::size_t at = random.below(source.size() + 1);
      if (random.chance(0.4))
        source.erase(at, random.below(4));
      else
        source.insert(at, kParts[random.below(kParts.size())]);
    }
    source = repair_utf8(source);
    const auto pattern = Pattern::compile(source);
    if (!pattern.ok()) continue;
    ++compiled;
    Pattern::Scratch scratch;
    const std::string text = random_text(random);
    std::size_t from = 0;
    while (const auto found = pattern->find(text, from, scratch)) {
      ASSERT_LE(found->begin, found->end) << source;
      ASSERT_LE(found->end, text.size()) << source;
      if (found->end <= from && found->end == found->begin)
        from += std::max(character_at(text, from).size_bytes, 1u);
      else
        from = std::max(found->end, from);
      if (from > text.size()) break;
    }
  }
  EXPECT_GT(compiled, 1000);
}

TEST(Fuzz, HandScannersAreTheirPatterns) {
  SeededRandom random(8);
  for (const KnownScan& known : known_scans()) {
    SCOPED_TRACE(known.regex);
    const auto pattern = Pattern::compile(known.regex);
    ASSERT_TRUE(pattern.ok()) << pattern.error().message;
    Pattern::Scratch scratch;
    for (int i = 0; i < rounds(6000); ++i) {
      const std::string text = random_text(random);
      for (std::size_t at = 0; at < text.size();) {
        const auto found = pattern->find(text, at, scratch);
        ASSERT_TRUE(found && found->begin == at) << text << " at " << at;
        ASSERT_EQ(piece_end(known.pattern, text, at), found->end) << text << " at " << at;
        at = found->end;
      }
    }
  }
}

}  // namespace
}  // namespace orch::tokenizer
