#include "jobs/tokenizer/tokenize.h"

#include <simdjson.h>

#include <algorithm>
#include <thread>

#include "base/clock.h"
#include "jobs/data/documents.h"
#include "jobs/data/json_text.h"

namespace orch::tokenizer {

namespace {

constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
constexpr int kThreadsMax = 256;

/// Documents of a batch and their ids; memory stays bounded however long the file is.
struct Work {
  std::vector<std::string> texts;
  std::vector<std::vector<std::int32_t>> ids;
  std::size_t bytes = 0;
};

void encode_batch(const Tokenizer& tokenizer, const TokenizeOptions& options, Work& work) {
  work.ids.assign(work.texts.size(), {});
  const auto threads = static_cast<std::size_t>(std::clamp(options.threads, 1, kThreadsMax));
  const auto run = [&](std::size_t part) {
    const std::size_t begin = work.texts.size() * part / threads;
    const std::size_t end = work.texts.size() * (part + 1) / threads;
    for (std::size_t i = begin; i < end; ++i)
      tokenizer.encode_into(work.texts[i], options.special, work.ids[i]);
  };
  std::vector<std::thread> pool;
  for (std::size_t part = 1; part < threads; ++part) pool.emplace_back(run, part);
  run(0);
  for (auto& thread : pool) thread.join();
}

Result<void> print(std::FILE* out, const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), out) != text.size())
    return unavailable("cannot write the output");
  return {};
}

std::string ids_line(const std::vector<std::int32_t>& ids) {
  std::string line = "{\"ids\": [";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) line += ", ";
    line += std::to_string(ids[i]);
  }
  return line + "]}\n";
}

}  // namespace

Result<void> tokenize_file(const Tokenizer& tokenizer, const std::string& path,
                           const TokenizeOptions& options, std::FILE* out) {
  const SystemClock clock;
  std::uint64_t documents = 0, tokens = 0, bytes = 0;
  Duration spent{0};
  Work work;
  const auto flush = [&]() -> Result<void> {
    const TimePoint begin = clock.now();
    encode_batch(tokenizer, options, work);
    spent += clock.now() - begin;
    std::string lines;
    for (const auto& ids : work.ids) {
      tokens += ids.size();
      if (!options.count) lines += ids_line(ids);
    }
    documents += work.texts.size();
    bytes += work.bytes;
    work = {};
    return print(out, lines);
  };
  ORCH_TRY(data::read_documents(path, [&](std::string_view text, std::uint64_t) -> Result<void> {
    work.texts.emplace_back(text);
    work.bytes += text.size();
    return work.bytes >= kBatchBytes ? flush() : Result<void>();
  }));
  ORCH_TRY(flush());
  if (!options.count) return {};
  char line[160];
  std::snprintf(line, sizeof line,
                "{\"documents\": %llu, \"tokens\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n",
                static_cast<unsigned long long>(documents), static_cast<unsigned long long>(tokens),
                static_cast<unsigned long long>(bytes),
                std::chrono::duration<double>(spent).count());
  return print(out, line);
}

Result<void> detokenize_file(const Tokenizer& tokenizer, const std::string& path, std::FILE* out) {
  simdjson::dom::parser parser;
  return data::read_lines(path, [&](std::string_view line, std::uint64_t number) -> Result<void> {
    const auto bad = [&](const char* what) {
      return invalid(path + ":" + std::to_string(number) + ": " + what);
    };
    simdjson::dom::array list;
    if (parser.parse(line.data(), line.size())["ids"].get(list))
      return bad("expected {\"ids\": [...]}");
    std::vector<std::int32_t> ids;
    for (const auto element : list) {
      std::int64_t id = -1;
      if (element.get(id) || id < 0 || id >= tokenizer.vocabulary_size())
        return bad("an id is not in the vocabulary");
      ids.push_back(static_cast<std::int32_t>(id));
    }
    return print(out, "{\"text\": " + data::json_quoted(tokenizer.decode(ids, false)) + "}\n");
  });
}

}  // namespace orch::tokenizer
