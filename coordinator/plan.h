#pragma once
// What the coordinator keeps of a job spec: enough to schedule, retry and resolve inputs. It is
// stored in the log beside the YAML text, so that replay does not depend on the parser's version.
// Pure values; any thread.

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/messages.h"
#include "protocol/spec.h"

namespace orch::coordinator {

struct TaskPlan {
  std::string name, kind;
  std::vector<std::string> needs;               ///< names of earlier or later tasks of this job
  std::vector<protocol::Reference> references;  ///< inputs, unique by text
  protocol::RankRange ranks;
  protocol::Resources resources;  ///< of each rank
  protocol::Retry retry;
  Duration timeout{0};  ///< 0: none
  Duration grace{0};
};

struct JobPlan {
  std::string name, queue;
  int priority = 0;
  std::vector<TaskPlan> tasks;  ///< in the order of the file
};

/// Parses the YAML of a submission. Relative paths in references are taken from the folder of
/// `submit.file` when that is absolute.
/// Errors: kInvalid with every error of the spec.
Result<JobPlan> make_plan(const protocol::Submit& submit);

}  // namespace orch::coordinator
