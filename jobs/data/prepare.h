#pragma once
// `prepare`: JSON lines → a dataset directory (dataset.h): tokenizer, token shards, document index,
// manifest.json. The directory appears whole or not at all: everything is written beside it and
// renamed at the end. Thread: one.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace orch::data {

struct PrepareRequest {
  struct TrainTokenizer {
    int vocabulary = 2048;
    int min_frequency = 2;
    std::vector<std::string> special_tokens;
    std::vector<std::string> files;
  };
  struct Source {
    std::string name;
    std::vector<std::string> files;
  };
  std::optional<TrainTokenizer> train_tokenizer;
  std::string tokenizer;  ///< else: path to tokenizer.json or its folder
  std::string unicode;    ///< for tokenizer::parse_unicode_profile; "": as the tokenizer says
  std::vector<Source> sources;
  /// The dataset. If it exists and is not empty: kConflict. An empty folder is filled,
  /// manifest.json last.
  std::string output;
};

struct PrepareProgress {
  std::string what;  ///< "tokenizer", or the source's name
  std::uint64_t documents = 0, tokens = 0, bytes = 0;
};

struct PrepareSummary {
  struct Source {
    std::string name;
    std::uint64_t documents = 0, tokens = 0;
  };
  int vocabulary = 0;
  std::vector<Source> sources;
  std::vector<std::string> notes;  ///< for people: what was repaired, what is odd
};

/// `progress` is called now and then; it returns false to stop (kUnavailable "stopped").
/// Errors: kInvalid: bad line (file and line), no documents, unknown tokenizer part; kNotFound;
/// kUnavailable: disk full.
Result<PrepareSummary> prepare_dataset(
    const PrepareRequest& request,
    const std::function<bool(const PrepareProgress&)>& progress = {});

}  // namespace orch::data
