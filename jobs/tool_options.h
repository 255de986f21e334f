#pragma once
// The command line of orch-tool, parsed once for both programs: orch-tool runs what needs no
// tensor, and executes orch-rank with the same arguments for the rest. Plain values.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace orch::jobs {

struct RunOptions {
  std::string spec, task, output;
  int ranks = 0;  ///< 0: as the spec says
  std::map<std::string, std::string> set;
  bool resume = false;
};
struct LogitsOptions {
  std::string model, ids, output;
};
struct GenerateOptions {
  std::string model, prompt;
  int max_new_tokens = 64;
  bool chat = false;
};
struct EvaluateOptions {
  std::string model, data, output;
  std::vector<std::string> tasks;
  int num_fewshot = 0, limit = 0, threads = 1;
  std::string profile;
};
struct CompareOptions {
  std::string base, candidate, metric, filter, cluster;
  std::vector<std::string> baselines;
  double margin = 0.02, alpha = 0.05;
  bool lower_is_better = false, sequential = false, gate = false;
  std::uint64_t seed = 0;
  std::string output;  ///< "json", "table"; "": JSON, and the table as talk
};
struct TokenizeOptions {
  std::string tokenizer, file;
  int threads = 1;
  bool special = false, count = false, reverse = false;
};
struct TrainTokenizerOptions {
  int vocabulary = 0, min_frequency = 2;
  std::vector<std::string> special_tokens, files;
  std::optional<std::vector<std::string>> initial_alphabet;
  std::optional<int> limit_alphabet;
  int threads = 2;
  bool progress = false;
  std::string output;
};
struct InspectOptions {
  std::string path;
};

struct ScoreOptions {
  std::string file, profile, language, punkt, tokenizer;
  std::vector<std::string> metrics;
  unsigned seed = 1234;  ///< of bootstraps
  bool per_item = false, profiles = false;
};

using ToolOptions =
    std::variant<RunOptions, LogitsOptions, GenerateOptions, EvaluateOptions, CompareOptions,
                 TokenizeOptions, TrainTokenizerOptions, InspectOptions, ScoreOptions>;

/// What to do, or what to print and the code to leave with (help, wrong usage: 2).
struct ParsedTool {
  ToolOptions options;
  bool leave = false;
  int code = 0;
};

/// Prints help and errors itself.
ParsedTool parse_tool(int argc, char** argv);

}  // namespace orch::jobs
