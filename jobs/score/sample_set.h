#pragma once
// Samples files (jobs/score/samples.h writes them, lm-evaluation-harness too) read back and paired
// item by item: by (task, filter, doc_id), the doc_hash equal. Never an item less without a word.
// Thread: any; plain values.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/score/problem_list.h"

namespace orch::score {

/// A samples file; `task` names the task of lines that name none themselves.
struct SampleFile {
  std::string path, task;
};

/// `path` itself, or all samples_<task>[_<time>].jsonl[.gz|.zst] of a directory by task.
/// Errors: kNotFound; kInvalid: a directory without samples, two files of one task.
Result<std::vector<SampleFile>> find_samples(const std::string& path);

struct SampleQuery {
  std::string metric;   ///< "": acc; exact_match; else the only one that "metrics" lists
  std::string filter;   ///< "": all
  std::string cluster;  ///< key whose value items share, "doc.KEY" inside doc, "task", or "":
                        ///< "cluster" where lines have it
};

/// One line, as far as pairing needs it.
struct SampleRow {
  std::int64_t doc_id = 0;
  double metric = 0;
  std::uint64_t hash[2] = {};  ///< of doc_hash
  std::uint64_t cluster = 0;   ///< hash of its text; 0: none
  std::uint32_t group = 0;     ///< index in SampleSet::groups
  std::uint32_t line = 0;
  std::uint32_t file = 0;
};
struct SampleGroup {
  std::string task, filter;
  auto operator<=>(const SampleGroup&) const = default;
};
struct SampleSet {
  std::string name;  ///< the path that was given
  std::vector<SampleFile> files;
  std::vector<SampleGroup> groups;
  std::vector<SampleRow> rows;
  std::string metric;      ///< as found; "acc, exact_match" where tasks differ
  ProblemList duplicates;  ///< lines that name an item again; pair_samples() refuses them
};

/// Errors: kNotFound; kInvalid: bad line, missing key or metric, no samples, with file and line.
Result<SampleSet> read_samples(const std::string& path, const SampleQuery& query);

/// One item that both sets have.
struct SamplePair {
  std::int64_t doc_id = 0;
  double base = 0, candidate = 0;
  std::uint64_t cluster = 0;
  std::uint32_t group = 0;
};
struct SamplePairs {
  std::vector<SampleGroup> groups;  ///< sorted
  std::vector<SamplePair> items;    ///< by group, then doc_id
  bool clustered = false;           ///< every line named a cluster
  std::string metric;
};

/// Errors: kInvalid: duplicates, items that only one set has, differing doc_hash or cluster; each
/// listed, up to 20 by name and the rest counted.
Result<SamplePairs> pair_samples(const SampleSet& base, const SampleSet& candidate);

/// Reads both on two threads, and pairs them.
Result<SamplePairs> read_pairs(const std::string& base, const std::string& candidate,
                               const SampleQuery& query);

}  // namespace orch::score
