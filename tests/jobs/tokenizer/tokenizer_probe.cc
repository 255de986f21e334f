// A batch interface to the tokenizer for parity checks: one JSON string a line on standard input,
// for each a line with ids, offsets in bytes, and the text decoded with and without special tokens.
//   tokenizer-probe TOKENIZER [--special] [--generic]
// Without --generic the ids of the fast path are compared too; a difference ends the program.

#include <cstdio>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "jobs/data/json_text.h"
#include "jobs/tokenizer/tokenizer.h"

namespace {

using orch::tokenizer::IncrementalDecoder;
using orch::tokenizer::Tokenizer;

std::string line_of(const Tokenizer& tokenizer, const std::string& text, bool special) {
  const auto encoding = tokenizer.encode_with_offsets(text, special);
  if (!encoding.ok())
    return "{\"error\": " + orch::data::json_quoted(encoding.error().message) + "}";
  std::string out = "{\"ids\": [";
  for (std::size_t i = 0; i < encoding->ids.size(); ++i)
    out += (i > 0 ? "," : "") + std::to_string(encoding->ids[i]);
  out += "], \"offsets\": [";
  for (std::size_t i = 0; i < encoding->offsets.size(); ++i)
    out += (i > 0 ? "," : "") + std::to_string(encoding->offsets[i].begin) + "," +
           std::to_string(encoding->offsets[i].end);
  out += "]";
  for (const bool skip : {false, true}) {
    out += skip ? ", \"skipped\": " : ", \"decoded\": ";
    out += orch::data::json_quoted(tokenizer.decode(encoding->ids, skip));
  }
  if (tokenizer.encode(text, special) != encoding->ids) out += ", \"fast\": false";
  IncrementalDecoder decoder(tokenizer, false);
  std::string streamed;
  for (const std::int32_t id : encoding->ids) streamed += decoder.push(id);
  streamed += decoder.finish();
  out += ", \"streamed\": " + orch::data::json_quoted(streamed);
  return out + "}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "tokenizer-probe TOKENIZER [--special] [--generic]\n");
    return 2;
  }
  bool special = false;
  orch::tokenizer::TokenizerOptions options{.unicode = {}, .limits = true};
  for (int i = 2; i < argc; ++i) {
    special = special || std::strcmp(argv[i], "--special") == 0;
    if (std::strcmp(argv[i], "--generic") == 0) options.fast = false;
  }
  const auto tokenizer = Tokenizer::open(argv[1], options);
  if (!tokenizer.ok()) {
    std::fprintf(stderr, "%s\n", tokenizer.error().message.c_str());
    return 2;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto text = nlohmann::json::parse(line, nullptr, false);
    if (!text.is_string()) {
      std::fprintf(stderr, "expected one JSON string a line\n");
      return 2;
    }
    const std::string out = line_of(**tokenizer, text.get<std::string>(), special) + "\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
  }
  return 0;
}
