// synthmed: writes the demo's world into a folder (--output DIR, else $ORCH_OUT): training texts, a
// corpus for the tokenizer, question-answer pairs, two tests. Everything follows from --seed.

#include <charconv>
#include <cstdio>
#include <optional>

#include "base/environment.h"
#include "base/file.h"
#include "base/result.h"
#include "examples/synthmed/texts.h"

namespace orch::synthmed {

namespace {

struct Options {
  std::string output;
  std::uint64_t seed = 1;
  int editions = 64;  ///< of each domain
};

/// Only what these texts contain needs escaping: the names and tables are plain ASCII.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  return out + '"';
}

Result<void> write_lines(const Options& options, const char* name, const std::string& lines) {
  return write_file_atomic(join_path(options.output, name), lines);
}

Result<void> write_corpus(const World& world, const Options& options) {
  std::string tokenizer;
  SeededRandom vocabulary_random(random_word(options.seed, 1000));
  for (const Domain domain : {Domain::kGeneral, Domain::kMedical}) {
    for (int i = 0; i < 4; ++i)
      for (const auto& text : edition(world, domain, vocabulary_random))
        tokenizer += "{\"text\": " + quoted(text) + "}\n";
    SeededRandom random(random_word(options.seed, 4, static_cast<std::uint64_t>(domain)));
    std::string lines;
    for (int i = 0; i < options.editions; ++i)
      for (const auto& text : edition(world, domain, random))
        lines += "{\"text\": " + quoted(text) + "}\n";
    const char* name = domain == Domain::kGeneral ? "general.jsonl" : "medical.jsonl";
    ORCH_TRY(write_lines(options, name, lines));
  }
  return write_lines(options, "tokenizer.jsonl", tokenizer);
}

Result<void> write_tests(const World& world, const Options& options) {
  for (const Domain domain : {Domain::kGeneral, Domain::kMedical}) {
    std::string lines;
    for (const auto& item : test_items(world, domain, options.seed)) {
      lines += "{\"question\": " + quoted(item.question) + ", \"options\": [";
      for (std::size_t i = 0; i < item.options.size(); ++i)
        lines += (i ? ", " : "") + quoted(item.options[i]);
      lines += "], \"answer\": " + std::to_string(item.answer);
      lines += ", \"entity\": " + quoted(item.entity->name);
      lines += ", \"subject\": " + quoted(item.entity->subject->name);
      lines +=
          ", \"relation\": " + quoted(item.entity->subject->relations[item.relation].noun) + "}\n";
    }
    const char* name = domain == Domain::kGeneral ? "synthmmlu.jsonl" : "synthmedqa.jsonl";
    ORCH_TRY(write_lines(options, name, lines));
  }
  return {};
}

std::string pair_lines(const std::vector<Pair>& pairs) {
  std::string lines;
  for (const auto& pair : pairs) {
    lines += "{\"prompt\": " + quoted(pair.prompt) + ", \"answer\": " + quoted(pair.answer);
    lines += ", \"subject\": " + quoted(pair.entity->subject->name) + "}\n";
  }
  return lines;
}

Result<void> generate(const Options& options) {
  ORCH_TRY(make_directories(options.output));
  const World world = make_world(options.seed);
  ORCH_TRY(write_corpus(world, options));
  ORCH_TRY(write_tests(world, options));
  const PairSplit pairs = instruct_pairs(world, options.seed);
  ORCH_TRY(write_lines(options, "instruct-train.jsonl", pair_lines(pairs.train)));
  return write_lines(options, "instruct-test.jsonl", pair_lines(pairs.test));
}

Result<std::uint64_t> number(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return invalid(std::string(name) + ": '" + std::string(text) + "' is not a number");
  return value;
}

Result<Options> parse(int argc, char** argv) {
  Options options;
  options.output = environment("ORCH_OUT").value_or("");
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (i + 1 == argc) return invalid(name + " needs a value");
    const std::string_view value = argv[++i];
    if (name == "--output") {
      options.output = value;
    } else if (name == "--seed") {
      ORCH_ASSIGN(options.seed, number(name, value));
    } else if (name == "--editions") {
      ORCH_ASSIGN(const std::uint64_t n, number(name, value));
      if (n < 1 || n > 10'000) return invalid("--editions: 1 to 10000");
      options.editions = static_cast<int>(n);
    } else {
      return invalid("unknown option " + name);
    }
  }
  if (options.output.empty()) return invalid("no output folder", "synthmed --seed 1 --output DIR");
  return options;
}

}  // namespace

}  // namespace orch::synthmed

int main(int argc, char** argv) {
  auto options = orch::synthmed::parse(argc, argv);
  if (!options.ok()) {
    std::fprintf(stderr, "error: %s\n", options.error().message.c_str());
    std::fprintf(stderr, "usage: synthmed [--seed N] [--editions N] [--output DIR]\n");
    return 2;
  }
  if (auto done = orch::synthmed::generate(*options); !done.ok()) {
    std::fprintf(stderr, "error: %s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
