#pragma once
// What the user typed, as one plain struct; filled by main.cc, read by each verb. Owned by main;
// one thread.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace orch::orchctl {

enum class Output : unsigned char { kTable, kJson, kYaml, kCsv };

struct Options {
  // global
  std::string home;         ///< keys, state of a local cluster
  std::string coordinator;  ///< "" = the local one of `home`
  Output output = Output::kTable;
  bool quiet = false;
  bool verbose = false;
  Duration timeout = std::chrono::seconds(10);

  // of verbs
  std::string kind;               ///< get: jobs, tasks, …
  std::string name;               ///< JOB, JOB/TASK, JOB/TASK/RANK, artifact, worker
  std::string spec;               ///< file of submit and validate
  std::string directory;          ///< export
  std::vector<std::string> sets;  ///< "k=v"
  std::string request_id;
  std::string grep;
  std::vector<std::string> series;
  std::uint64_t attempt = 0;
  int workers = 0;  ///< 0: as stored, or the default
  int slots = 0;
  bool detach = false;
  bool follow = false;
  bool wait = false;
  bool watch = false;
  bool dry_run = false;
};

/// Beside those that stand for an error (protocol/error_text.h).
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInterrupted = 130;

}  // namespace orch::orchctl
