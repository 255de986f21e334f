#include "jobs/data/prepare.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/file.h"
#include "base/sha256.h"
#include "jobs/data/documents.h"
#include "jobs/data/json_text.h"
#include "jobs/data/shard_format.h"
#include "jobs/tokenizer/tokenizer.h"
#include "jobs/tokenizer/tokenizer_config.h"
#include "jobs/tokenizer/train_bpe.h"

namespace orch::data {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{4} << 20;
constexpr std::uint64_t kProgressDocuments = 4096;
constexpr std::size_t kSourcesMax = 1024;

/// A shard file in the making: header last, digest over everything.
class ShardWriter {
 public:
  static Result<ShardWriter> create(const std::string& path, const char (&magic)[8],
                                    std::uint32_t item_bytes) {
    ShardWriter writer;
    writer.path_ = path;
    writer.file_ =
        FileDescriptor(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644));
    if (!writer.file_) return system_error(path, errno);
    std::memcpy(writer.header_.magic, magic, sizeof magic);
    writer.header_.version = kShardVersion;
    writer.header_.item_bytes = item_bytes;
    writer.buffer_.resize(sizeof(ShardHeader));
    return writer;
  }

  Result<void> add(std::uint64_t value) {
    const char* bytes = reinterpret_cast<const char*>(&value);  // little-endian
    buffer_.insert(buffer_.end(), bytes, bytes + header_.item_bytes);
    ++header_.count;
    return buffer_.size() < kBufferBytes ? Result<void>() : flush();
  }

  Result<void> finish() {
    ORCH_TRY(flush());
    if (::pwrite(file_.get(), &header_, sizeof header_, 0) != static_cast<ssize_t>(sizeof header_))
      return system_error(path_, errno);
    if (::fsync(file_.get()) != 0) return system_error(path_, errno);
    return {};
  }
  std::uint64_t count() const { return header_.count; }

 private:
  Result<void> flush() {
    ORCH_TRY(write_all(file_.get(), buffer_.data(), buffer_.size(), path_));
    buffer_.clear();
    return {};
  }
  std::string path_;
  FileDescriptor file_;
  ShardHeader header_{};
  std::vector<char> buffer_;
};

struct FileEntry {
  std::string path, sha256;
  std::uint64_t bytes = 0;
};

/// The profile's name and what it means.
std::string unicode_json(const tokenizer::UnicodeProfile& unicode) {
  const auto part = [](const char* key, tokenizer::UnicodeVersion version) {
    return std::string(", \"") + key + "\": " + json_quoted(tokenizer::version_text(version));
  };
  return "{\"profile\": " + json_quoted(tokenizer::profile_text(unicode)) +
         part("patterns", unicode.patterns) + part("normal_forms", unicode.normal_forms) +
         part("letters", unicode.letters) + part("bert", unicode.bert) + "}";
}

/// One dataset in the making, in a folder that is not yet the dataset.
class Preparation {
 public:
  Preparation(const PrepareRequest& request, std::string folder,
              const std::function<bool(const PrepareProgress&)>& progress)
      : request_(request), folder_(std::move(folder)), progress_(progress) {}

  Result<PrepareSummary> run() {
    ORCH_TRY(check_request());
    ORCH_TRY(make_directories(folder_));
    ORCH_TRY(prepare_tokenizer());
    summary_.vocabulary = tokenizer_->vocabulary_size();
    for (const auto& source : request_.sources) ORCH_TRY(prepare_source(source));
    ORCH_TRY(write_manifest());
    return summary_;
  }

 private:
  Result<void> check_request() const {
    if (request_.sources.empty() || request_.sources.size() > kSourcesMax)
      return invalid("prepare: 1 to " + std::to_string(kSourcesMax) + " sources are needed");
    std::vector<std::string> names;
    for (const auto& source : request_.sources) {
      const bool plain = !source.name.empty() && source.name[0] != '.' &&
                         source.name.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789._-") == std::string::npos;
      if (!plain)
        return invalid("prepare: source name '" + source.name + "': letters, digits, . _ - only");
      if (std::find(names.begin(), names.end(), source.name) != names.end())
        return invalid("prepare: source '" + source.name + "' occurs twice");
      if (source.files.empty())
        return invalid("prepare: source '" + source.name + "' has no files");
      names.push_back(source.name);
    }
    return {};
  }

  Result<void> read(const std::string& file,
                    const std::function<Result<void>(std::string_view, std::uint64_t)>& document) {
    ORCH_ASSIGN(const std::uint64_t repaired, read_documents(file, document));
    if (repaired > 0) summary_.notes.push_back(repair_note(file, repaired));
    return {};
  }

  /// Into the dataset's folder, with the version of Unicode that was asked for; opened there unless
  /// it is at work already.
  Result<void> keep_tokenizer(const std::string& json, std::string config) {
    if (!request_.unicode.empty()) {
      ORCH_ASSIGN(const auto unicode, tokenizer::parse_unicode_profile(request_.unicode));
      ORCH_ASSIGN(config, tokenizer::with_config_unicode(config, unicode));
    }
    ORCH_TRY(tokenizer::write_tokenizer(folder_, json, config));
    if (tokenizer_ && request_.unicode.empty()) return {};
    ORCH_ASSIGN(tokenizer_, tokenizer::Tokenizer::open(folder_));
    return {};
  }

  Result<void> prepare_tokenizer() {
    if (!request_.train_tokenizer) {
      ORCH_ASSIGN(tokenizer_, tokenizer::Tokenizer::open(request_.tokenizer));
      summary_.notes = tokenizer_->notes();
      ORCH_TRY(keep_tokenizer(tokenizer_->json(), tokenizer_->config_json()));
    } else {
      const auto& train = *request_.train_tokenizer;
      if (train.special_tokens.empty())
        return invalid(
            "prepare: tokenizer.train.special_tokens is empty: the first ends a document",
            "special_tokens: [\"<|endoftext|>\"]");
      tokenizer::BpeTrainer trainer({train.vocabulary, train.min_frequency, train.special_tokens});
      now_ = {"tokenizer"};
      for (const auto& file : train.files)
        ORCH_TRY(read(file, [&](std::string_view text, std::uint64_t) -> Result<void> {
          trainer.add(text);
          return count(text.size(), 0);
        }));
      ORCH_ASSIGN(const std::string json, trainer.train());
      ORCH_TRY(keep_tokenizer(json, trainer.config_json()));
    }
    if (tokenizer_->end_of_text() < 0)
      return invalid("prepare: the tokenizer has no end-of-text token",
                     "name one as eos_token in tokenizer_config.json");
    return {};
  }

  Result<void> count(std::uint64_t bytes, std::uint64_t tokens) {
    now_.bytes += bytes;
    now_.tokens += tokens;
    if (++now_.documents % kProgressDocuments == 0 && progress_ && !progress_(now_))
      return unavailable("prepare: stopped");
    return {};
  }

  Result<void> prepare_source(const PrepareRequest::Source& source) {
    const std::string folder = join_path(folder_, source.name);
    ORCH_TRY(make_directories(folder));
    const std::uint32_t id_bytes = tokenizer_->vocabulary_size() <= 65'536 ? 2 : 4;
    ORCH_ASSIGN(ShardWriter tokens,
                ShardWriter::create(join_path(folder, "tokens.bin"), kTokensMagic, id_bytes));
    ORCH_ASSIGN(ShardWriter documents,
                ShardWriter::create(join_path(folder, "documents.bin"), kDocumentsMagic, 8));
    now_ = {source.name};
    std::vector<std::int32_t> ids;
    for (const auto& file : source.files)
      ORCH_TRY(read(file, [&](std::string_view text, std::uint64_t line) -> Result<void> {
        ids.clear();
        tokenizer_->encode_into(text, true, ids);
        if (const auto failed = tokenizer_->failure(); !failed.ok())
          return invalid(file + ":" + std::to_string(line) + ": " + failed.error().message);
        if (ids.empty() || ids.back() != tokenizer_->end_of_text())
          ids.push_back(tokenizer_->end_of_text());
        for (const std::int32_t id : ids) ORCH_TRY(tokens.add(static_cast<std::uint64_t>(id)));
        ORCH_TRY(documents.add(tokens.count()));
        return count(text.size(), ids.size());
      }));
    if (documents.count() == 0)
      return invalid("prepare: source '" + source.name + "' has no documents");
    ORCH_TRY(tokens.finish());
    ORCH_TRY(documents.finish());
    ORCH_TRY(sync_directory(folder));
    if (progress_ && !progress_(now_)) return unavailable("prepare: stopped");
    summary_.sources.push_back({source.name, documents.count(), tokens.count()});
    return {};
  }

  Result<void> write_manifest() {
    ORCH_ASSIGN(const auto names, list_files_recursive(folder_));
    std::string json = "{\n  \"version\": 1,\n  \"kind\": \"dataset\",\n  \"unicode\": ";
    json += unicode_json(tokenizer_->unicode()) + ",\n  \"vocabulary\": ";
    json += std::to_string(summary_.vocabulary) + ",\n  \"end_of_text\": ";
    json += std::to_string(tokenizer_->end_of_text()) + ",\n  \"sources\": [";
    for (std::size_t i = 0; i < summary_.sources.size(); ++i) {
      const auto& source = summary_.sources[i];
      json += std::string(i ? "," : "") + "\n    {\"name\": " + json_quoted(source.name) +
              ", \"documents\": " + std::to_string(source.documents) +
              ", \"tokens\": " + std::to_string(source.tokens) + "}";
    }
    json += "\n  ],\n  \"files\": [";
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string path = join_path(folder_, names[i]);
      ORCH_ASSIGN(const std::string digest, sha256_file(path));
      ORCH_ASSIGN(const std::uint64_t bytes, file_size(path));
      json += std::string(i ? "," : "") + "\n    {\"path\": " + json_quoted(names[i]) +
              ", \"bytes\": " + std::to_string(bytes) + ", \"sha256\": \"" + digest + "\"}";
    }
    return write_file_atomic(join_path(folder_, kManifestName), json + "\n  ]\n}\n");
  }

  const PrepareRequest& request_;
  std::string folder_;
  const std::function<bool(const PrepareProgress&)>& progress_;
  std::unique_ptr<tokenizer::Tokenizer> tokenizer_;
  PrepareProgress now_;
  PrepareSummary summary_;
};

Result<void> move_into(const std::string& from, const std::string& to) {
  // manifest.json goes last: a folder without one is no dataset.
  ORCH_ASSIGN(auto names, list_directory(from));
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& n) { return n != kManifestName; });
  for (const auto& name : names)
    if (::rename(join_path(from, name).c_str(), join_path(to, name).c_str()) != 0)
      return system_error(join_path(to, name), errno);
  return sync_directory(to);
}

}  // namespace

Result<PrepareSummary> prepare_dataset(
    const PrepareRequest& request, const std::function<bool(const PrepareProgress&)>& progress) {
  if (request.output.empty()) return invalid("prepare: no output folder");
  ORCH_TRY(make_directories(request.output));
  ORCH_ASSIGN(const auto present, list_directory(request.output));
  if (!present.empty())
    return conflict(request.output + ": is not empty (holds " + present.front() + ")");
  const std::string partial = request.output + ".partial";
  ORCH_TRY(remove_tree(partial));
  auto summary = Preparation(request, partial, progress).run();
  if (summary.ok()) {
    if (auto moved = move_into(partial, request.output); !moved.ok()) {
      (void)remove_tree(request.output);
      summary = moved.error();
    }
  }
  const auto cleaned = remove_tree(partial);
  if (!summary.ok()) {
    (void)::rmdir(request.output.c_str());  // only if it is still empty
    return summary;
  }
  ORCH_TRY(cleaned);
  return summary;
}

}  // namespace orch::data
