#pragma once
// A dataset directory: tokenizer.json, tokenizer_config.json, SOURCE/tokens.bin,
// SOURCE/documents.bin and manifest.json with counts and a SHA-256 a file. Token files are mapped,
// never read whole. Thread: any, after open. Lifetime: views die with the Dataset.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::data {

enum class Verify : unsigned char {
  kLengths,  ///< sizes and headers
  kDigests,  ///< also the SHA-256 of each file and every document end and token
};

/// One named stream of documents. A document's tokens end with the tokenizer's end-of-text token.
class Source {
 public:
  const std::string& name() const { return name_; }
  std::uint64_t documents() const { return documents_; }
  std::uint64_t tokens() const { return tokens_; }
  /// First token of document d; d == documents() gives tokens().
  std::uint64_t document_begin(std::uint64_t d) const { return d == 0 ? 0 : ends_[d - 1]; }
  std::uint64_t document_length(std::uint64_t d) const { return ends_[d] - document_begin(d); }
  std::int32_t token(std::uint64_t i) const {
    return wide_ ? static_cast<std::int32_t>(static_cast<const std::uint32_t*>(ids_)[i])
                 : static_cast<std::int32_t>(static_cast<const std::uint16_t*>(ids_)[i]);
  }

 private:
  friend class Dataset;
  std::string name_;
  std::uint64_t documents_ = 0, tokens_ = 0;
  const std::uint64_t* ends_ = nullptr;
  const void* ids_ = nullptr;
  bool wide_ = false;
};

class Dataset {
 public:
  /// Errors: kNotFound; kCorrupt: truncated, flipped or missing parts, with the file and what was
  /// expected.
  static Result<std::unique_ptr<Dataset>> open(const std::string& directory,
                                               Verify verify = Verify::kDigests);
  ~Dataset();

  const std::string& directory() const { return directory_; }
  const std::vector<Source>& sources() const { return sources_; }
  /// The source of that name, or null.
  const Source* find(std::string_view name) const;
  int vocabulary() const { return vocabulary_; }
  std::int32_t end_of_text() const { return end_of_text_; }
  /// SHA-256 of manifest.json: names the data in ledgers.
  const std::string& digest() const { return digest_; }

 private:
  Dataset() = default;
  struct Mapping;
  Result<void> check_source(const Source& source, Verify verify) const;
  std::string directory_, digest_;
  std::vector<Source> sources_;
  std::vector<Mapping> mappings_;
  int vocabulary_ = 0;
  std::int32_t end_of_text_ = -1;
};

}  // namespace orch::data
