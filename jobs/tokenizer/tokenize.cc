#include "jobs/tokenizer/tokenize.h"

#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "jobs/data/documents.h"
#include "jobs/data/json_text.h"
#include "jobs/tokenizer/thread_team.h"

namespace orch::tokenizer {

namespace {

constexpr std::size_t kBatchBytes = std::size_t{8} << 20;    ///< of text; three batches are alive
constexpr std::size_t kPartBytes = std::size_t{64} << 10;    ///< what a thread takes at a time
constexpr std::size_t kPartBytesMin = std::size_t{8} << 10;  ///< towards the end of a batch
constexpr std::size_t kLastParts = 4;                        ///< a thread; then they become smaller
constexpr std::size_t kLinesPerText = 2;  ///< bytes of output that a byte of text mostly makes
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;  ///< so much output lies in one piece
constexpr int kThreadsMax = 256;
constexpr Duration kProgressEvery = std::chrono::milliseconds(200);

Result<void> print(std::FILE* out, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), out) != text.size())
    return unavailable("cannot write the output");
  return {};
}

struct Counts {
  std::uint64_t documents = 0, tokens = 0, bytes = 0;
  Duration spent{0};

  std::string line() const {
    char line[160];
    std::snprintf(line, sizeof line,
                  "{\"documents\": %llu, \"tokens\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n",
                  static_cast<unsigned long long>(documents),
                  static_cast<unsigned long long>(tokens), static_cast<unsigned long long>(bytes),
                  std::chrono::duration<double>(spent).count());
    return line;
  }
};

/// Some documents, one after the other in one string, and what became of them.
struct Batch {
  struct Part {
    std::size_t begin = 0, end = 0;   ///< documents
    std::vector<std::string> blocks;  ///< of output
    std::uint64_t tokens = 0;
    std::uint64_t bad_line = 0;  ///< of the first document that has no encoding; 0: none
  };
  std::string text;
  std::vector<std::size_t> ends;     ///< of documents in `text`
  std::vector<std::uint64_t> lines;  ///< where they stood
  std::vector<Part> parts;

  bool empty() const { return ends.empty(); }
  void clear() {
    text.clear();
    ends.clear();
    lines.clear();
    parts.clear();
  }
  std::string_view document(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(text).substr(begin, ends[i] - begin);
  }
  /// Bytes of output to make room for.
  std::size_t lines_expected(const Part& part) const {
    const std::size_t begin = part.begin == 0 ? 0 : ends[part.begin - 1];
    return std::min(kBlockBytes, (ends[part.end - 1] - begin) * kLinesPerText);
  }
  /// Smaller and smaller parts at the end: no thread waits long for the last one.
  void cut(std::size_t threads) {
    for (std::size_t i = 0, begin = 0; i < ends.size(); ++i) {
      const std::size_t first = begin == 0 ? 0 : ends[begin - 1];
      const std::size_t wanted =
          std::clamp((text.size() - first) / (threads * kLastParts), kPartBytesMin, kPartBytes);
      if (ends[i] - first < wanted && i + 1 < ends.size()) continue;
      parts.push_back({begin, i + 1, {}, 0, 0});
      begin = i + 1;
    }
  }
};

/// A line, in a new block where the last one is full.
void append_ids(const std::vector<std::int32_t>& ids, std::vector<std::string>& blocks) {
  constexpr std::size_t kIdChars = 12;  // ", " and the longest number
  constexpr std::size_t kTogether = 512;
  char text[kTogether * kIdChars];
  blocks.back() += "{\"ids\": [";
  for (std::size_t i = 0; i < ids.size();) {
    char* at = text;
    for (const std::size_t end = std::min(ids.size(), i + kTogether); i < end; ++i) {
      if (i > 0) {
        *at++ = ',';
        *at++ = ' ';
      }
      at = std::to_chars(at, at + kIdChars, ids[i]).ptr;
    }
    const auto size_bytes = static_cast<std::size_t>(at - text);
    if (blocks.back().size() + size_bytes > kBlockBytes) blocks.emplace_back().reserve(kBlockBytes);
    blocks.back().append(text, size_bytes);
  }
  blocks.back() += "]}\n";
}

/// Reads, encodes on all threads while the next batch is read and the last one is printed, in
/// order.
class Run {
 public:
  Run(const Tokenizer& tokenizer, const std::string& path, const TokenizeOptions& options,
      std::FILE* out)
      : tokenizer_(tokenizer),
        path_(path),
        options_(options),
        out_(out),
        threads_(static_cast<std::size_t>(std::clamp(options.threads, 1, kThreadsMax))),
        team_(threads_, [&tokenizer] { tokenizer.prepare_thread(); }),
        progress_(isatty(STDERR_FILENO) == 1) {}

  Result<void> all() {
    ORCH_ASSIGN(const std::uint64_t replaced,
                data::read_documents(path_, [&](std::string_view text, std::uint64_t line) {
                  return take(text, line);
                }));
    ORCH_TRY(turn());
    ORCH_TRY(turn());
    ORCH_TRY(tokenizer_.failure());
    if (progress_) std::fputs("\r\033[K", stderr);
    if (replaced > 0)
      std::fprintf(stderr, "note: %s\n", data::repair_note(path_, replaced).c_str());
    return options_.count ? print(out_, counts_.line()) : Result<void>();
  }

 private:
  Result<void> take(std::string_view text, std::uint64_t line) {
    next_.text += text;
    next_.ends.push_back(next_.text.size());
    next_.lines.push_back(line);
    return next_.text.size() >= kBatchBytes ? turn() : Result<void>();
  }

  /// Finishes the batch at work, starts the next one, and prints the finished one. Where only time
  /// counts nothing is read or printed meanwhile.
  Result<void> turn() {
    finish();
    std::swap(current_, next_);
    if (!current_.empty()) {
      current_.cut(threads_);
      began_ = clock_.now();
      team_.start(current_.parts.size(),
                  [this](std::size_t part) { encode(current_.parts[part]); });
      if (options_.count) finish();
    }
    return put();
  }

  /// The batch at work, if any, becomes the finished one.
  void finish() {
    if (current_.empty()) return;
    team_.finish();
    counts_.spent += clock_.now() - began_;
    std::swap(done_, current_);
  }

  Result<void> put() {
    if (done_.empty()) return {};
    for (const Batch::Part& part : done_.parts) {
      counts_.tokens += part.tokens;
      for (const std::string& block : part.blocks) ORCH_TRY(print(out_, block));
      if (part.bad_line > 0)
        return invalid(path_ + ":" + std::to_string(part.bad_line) + ": " +
                       tokenizer_.failure().error().message);
    }
    counts_.documents += done_.ends.size();
    counts_.bytes += done_.text.size();
    done_.clear();
    show_progress();
    return {};
  }

  void encode(Batch::Part& part) const {
    std::vector<std::int32_t> ids;
    if (!options_.count) part.blocks.emplace_back().reserve(current_.lines_expected(part));
    for (std::size_t i = part.begin; i < part.end; ++i) {
      ids.clear();
      tokenizer_.encode_into(current_.document(i), options_.special, ids);
      if (ids.empty() && !current_.document(i).empty() && !tokenizer_.failure().ok()) {
        part.bad_line = current_.lines[i];
        return;
      }
      part.tokens += ids.size();
      if (!options_.count) append_ids(ids, part.blocks);
    }
  }

  void show_progress() {
    if (!progress_ || clock_.now() - shown_ < kProgressEvery) return;
    shown_ = clock_.now();
    std::fprintf(stderr, "\r%llu documents, %.1f MB, %llu tokens\033[K",
                 static_cast<unsigned long long>(counts_.documents),
                 static_cast<double>(counts_.bytes) / 1e6,
                 static_cast<unsigned long long>(counts_.tokens));
  }

  const Tokenizer& tokenizer_;
  const std::string& path_;
  const TokenizeOptions& options_;
  std::FILE* out_;
  const SystemClock clock_;
  Batch done_, current_, next_;
  TimePoint began_{}, shown_{};
  Counts counts_;
  const std::size_t threads_;
  ThreadTeam team_;  ///< ends before what it works on
  bool progress_;
};

}  // namespace

Result<void> tokenize_file(const Tokenizer& tokenizer, const std::string& path,
                           const TokenizeOptions& options, std::FILE* out) {
  ORCH_TRY(Run(tokenizer, path, options, out).all());
  return std::fflush(out) == 0 ? Result<void>() : unavailable("cannot write the output");
}

namespace {

Result<std::vector<std::int32_t>> ids_of_line(const Tokenizer& tokenizer,
                                              simdjson::dom::parser& parser, std::string_view line,
                                              const std::string& where) {
  simdjson::dom::array list;
  if (parser.parse(line.data(), line.size())["ids"].get(list))
    return invalid(where + ": expected {\"ids\": [...]}");
  std::vector<std::int32_t> ids;
  for (const auto element : list) {
    std::int64_t id = -1;
    if (element.get(id) || id < 0 || id >= tokenizer.vocabulary_size())
      return invalid(where + ": an id is not in the vocabulary");
    ids.push_back(static_cast<std::int32_t>(id));
  }
  return ids;
}

}  // namespace

Result<void> detokenize_file(const Tokenizer& tokenizer, const std::string& path, bool count,
                             std::FILE* out) {
  simdjson::dom::parser parser;
  const SystemClock clock;
  Counts counts;
  ORCH_TRY(data::read_lines(path, [&](std::string_view line, std::uint64_t number) -> Result<void> {
    ORCH_ASSIGN(const auto ids,
                ids_of_line(tokenizer, parser, line, path + ":" + std::to_string(number)));
    const TimePoint began = clock.now();
    const std::string text = tokenizer.decode(ids, false);
    counts.spent += clock.now() - began;
    ORCH_TRY(tokenizer.failure());
    ++counts.documents;
    counts.tokens += ids.size();
    counts.bytes += text.size();
    return count ? Result<void>() : print(out, "{\"text\": " + data::json_quoted(text) + "}\n");
  }));
  return count ? print(out, counts.line()) : Result<void>();
}

}  // namespace orch::tokenizer
