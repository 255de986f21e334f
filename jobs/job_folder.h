#pragma once
// What `orch-tool run` keeps in its output folder, beside DIR/TASK/ with each task's files:
// DIR/.orch/TASK/ with the record of a finished task (written atomically after its result), and the
// logs of its ranks. One run at a time.

#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "protocol/spec.h"

namespace orch::jobs {

/// A finished task.
struct TaskRecord {
  std::string artifact;  ///< digest
  std::string path;      ///< of the artifact, relative to the job's folder
  std::string ledger_hash;
  std::int64_t steps = 0;
};

class JobFolder {
 public:
  /// Makes or opens DIR and locks it. Errors: kConflict when it holds something and `resume` is
  /// false, or when another run uses it.
  static Result<JobFolder> open(const std::string& directory, bool resume);

  const std::string& directory() const { return directory_; }
  /// DIR/TASK: what the task leaves for people and other tasks.
  std::string task_directory(const std::string& task) const { return join_path(directory_, task); }
  /// DIR/.orch/TASK: logs and the record.
  std::string private_directory(const std::string& task) const;
  /// The record of a finished task, if there is one. Errors: kCorrupt.
  Result<std::optional<TaskRecord>> read_record(const std::string& task) const;
  Result<void> write_record(const std::string& task, const TaskRecord& record) const;

 private:
  std::string directory_;
  FileDescriptor lock_;
};

}  // namespace orch::jobs
