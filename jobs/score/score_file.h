#pragma once
// orch-tool score: a file of predictions to values. Thread: one.

#include <cstdio>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/score/metrics.h"

namespace orch::score {

struct ScoreOptions {
  std::string file;
  std::vector<std::string> metrics;
  std::string profile;   ///< SUITE/TASK[@as_released|@as_intended]; "": none
  std::string language;  ///< "": English
  std::string punkt;     ///< folder of the sentence model; "": as NLTK finds it
  bool per_item = false;
  MetricOptions metric;
};

/// Writes a JSON object: with per_item one a row before it. Nothing is written before the whole
/// file was read without an error. Errors: kInvalid: options; as read_rows; as the metrics, with
/// file and line. kNotFound: a resource.
Result<void> score_file(const ScoreOptions& options, std::FILE* out);

}  // namespace orch::score
