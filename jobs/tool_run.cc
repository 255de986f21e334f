// orch-tool run: a job's tasks in the order of their graph, each as one local gang, without
// daemons.

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "jobs/checkpoint_folders.h"
#include "jobs/job_folder.h"
#include "jobs/local_gang.h"
#include "jobs/progress_line.h"
#include "jobs/tool_verbs.h"
#include "protocol/spec_parse.h"
#include "protocol/task_graph.h"
#include "storage/artifact_dir.h"

namespace orch::jobs {
namespace {

constexpr int kInterrupted = 130;

bool is_training(const protocol::TaskSpec& task) {
  return task.kind() == protocol::TaskKind::kPretrain ||
         task.kind() == protocol::TaskKind::kInstruct;
}

/// Ctrl-C and SIGTERM as a descriptor. Made after the process host, which has its own mask.
class InterruptFile {
 public:
  InterruptFile() {
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &heard, nullptr);
    file_ = FileDescriptor(::signalfd(-1, &heard, SFD_NONBLOCK | SFD_CLOEXEC));
  }
  int descriptor() const { return file_.get(); }
  int take() const {
    int count = 0;
    signalfd_siginfo info;
    while (::read(file_.get(), &info, sizeof info) == sizeof info) ++count;
    return count;
  }

 private:
  FileDescriptor file_;
};

/// Everything that the tasks of one run share.
class JobRun {
 public:
  JobRun(const RunOptions& options, const Clock& clock, std::string programs_directory,
         std::string path, std::string spec_text, protocol::JobSpec spec, JobFolder folder)
      : options_(options),
        clock_(clock),
        programs_directory_(std::move(programs_directory)),
        path_(std::move(path)),
        spec_text_(std::move(spec_text)),
        spec_(std::move(spec)),
        folder_(std::move(folder)) {}

  Result<int> run(const std::vector<std::string>& tasks) {
    std::string ledger_hash;
    for (const std::string& name : tasks) {
      ORCH_ASSIGN(std::optional<TaskRecord> record, folder_.read_record(name));
      if (record) {
        std::fprintf(stderr, "%s  was finished before\n", name.c_str());
      } else {
        ORCH_ASSIGN(record, run_task(*spec_.find(name)));
        if (!record) return interrupted(name);
      }
      if (!record->ledger_hash.empty()) ledger_hash = record->ledger_hash;
      std::printf("%s  %s  %s\n", name.c_str(),
                  join_path(folder_.directory(), record->path).c_str(), record->artifact.c_str());
      records_[name] = std::move(*record);
    }
    if (!ledger_hash.empty()) std::printf("ledger %s\n", ledger_hash.c_str());
    return 0;
  }

 private:
  int interrupted(const std::string& name) {
    std::fprintf(stderr, "error: interrupted in task %s\n  try: the same command with --resume\n",
                 name.c_str());
    return kInterrupted;
  }

  /// Nothing when it was interrupted.
  Result<std::optional<TaskRecord>> run_task(const protocol::TaskSpec& task) {
    ORCH_ASSIGN(const GangRequest request, prepare(task));
    if (!runner_) {
      ORCH_ASSIGN(runner_, HostProcessRunner::open(
                               {join_path(programs_directory_, "orch-rank"), "--host"}, {}));
      interrupts_ = std::make_unique<InterruptFile>();
    }
    if (!gang_)
      gang_ = std::make_unique<LocalGang>(
          *runner_, clock_, [this] { return interrupts_->take(); }, interrupts_->descriptor());
    ProgressLine progress(clock_, task.name, join_path(request.run_directory, "metrics.jsonl"));
    const Result<GangEnd> end = gang_->run(
        request, [&](std::int64_t step, std::int64_t steps) { progress.beat(step, steps); });
    if (!end.ok()) {
      progress.finish("failed");
      Error error = end.error();
      error.message = "task " + task.name + ": " + error.message;
      return error;
    }
    if (end->stopped) {
      progress.finish("stopped");
      return std::optional<TaskRecord>();
    }
    ORCH_ASSIGN(TaskRecord record, make_record(task, *end));
    ORCH_TRY(folder_.write_record(task.name, record));
    progress.finish("done");
    return std::optional<TaskRecord>(std::move(record));
  }

  Result<TaskRecord> make_record(const protocol::TaskSpec& task, const GangEnd& end) {
    TaskRecord record;
    std::string path = folder_.task_directory(task.name);
    if (end.result) {
      path = end.result->path;
      record.artifact = end.result->digest;
      record.ledger_hash = end.result->ledger_hash;
      record.steps = end.result->steps;
    } else {
      ORCH_ASSIGN(const storage::Manifest manifest, storage::seal_directory(path, "output"));
      record.artifact = manifest.digest;
    }
    record.path = std::filesystem::path(path).lexically_relative(folder_.directory()).string();
    return record;
  }

  /// Folders, inputs and where to resume. What an unfinished attempt left is used (training) or
  /// removed.
  Result<GangRequest> prepare(const protocol::TaskSpec& task) {
    GangRequest request;
    request.task = &task;
    request.spec_text = spec_text_;
    request.set = options_.set;
    ORCH_ASSIGN(request.inputs, resolve(task));
    request.ranks = task.ranks.max;
    if (options_.ranks > 0 && (is_training(task) || task.kind() == protocol::TaskKind::kEvaluate))
      request.ranks = options_.ranks;
    request.out_directory = folder_.task_directory(task.name);
    request.log_directory = folder_.private_directory(task.name);
    request.run_directory = is_training(task) ? request.out_directory : request.log_directory;
    request.checkpoint_directory = join_path(request.log_directory, "checkpoint");
    request.programs_directory = programs_directory_;
    request.path = path_;
    if (is_training(task) && file_exists(request.out_directory)) {
      ORCH_ASSIGN(const std::vector<CheckpointRecord> found,
                  list_checkpoints(request.out_directory));
      if (!found.empty()) {
        request.resume_path = found.back().path;
        request.resume_step = found.back().step;
        std::fprintf(stderr, "%s  goes on from step %lld\n", task.name.c_str(),
                     static_cast<long long>(request.resume_step));
      }
    }
    if (request.resume_path.empty()) ORCH_TRY(remove_tree(request.out_directory));
    for (const std::string& folder :
         {request.out_directory, request.log_directory, request.checkpoint_directory})
      ORCH_TRY(make_directories(folder));
    return request;
  }

  /// Reference text → absolute path.
  Result<std::map<std::string, std::string>> resolve(const protocol::TaskSpec& task) {
    using Kind = protocol::Reference::Kind;
    std::map<std::string, std::string> inputs;
    for (const auto& [place, reference] : protocol::references_of(task)) {
      const std::string where = "task " + task.name + ": " + place + ": " + reference.text;
      std::string path;
      if (reference.kind == Kind::kTask) {
        path = join_path(folder_.directory(), records_.at(reference.task).path);
        if (!reference.output.empty()) path = join_path(path, reference.output);
      } else if (reference.kind == Kind::kPath) {
        path = std::filesystem::absolute(reference.text).lexically_normal().string();
      } else {
        return invalid(where + ": artifacts by digest or tag live in a cluster",
                       "name a path, or submit the job with orchctl");
      }
      if (!file_exists(path)) return not_found(where + ": no such file or folder: " + path);
      inputs[reference.text] = path;
    }
    return inputs;
  }

  const RunOptions& options_;
  const Clock& clock_;
  std::string programs_directory_, path_, spec_text_;
  protocol::JobSpec spec_;
  JobFolder folder_;
  std::unique_ptr<HostProcessRunner> runner_;
  std::unique_ptr<InterruptFile> interrupts_;
  std::unique_ptr<LocalGang> gang_;
  std::map<std::string, TaskRecord> records_;
};

/// The tasks to run, each after all that it needs.
Result<std::vector<std::string>> choose_tasks(const protocol::JobSpec& spec,
                                              const std::string& wanted) {
  if (wanted.empty()) return protocol::topological_order(spec);
  if (!spec.find(wanted)) {
    std::string names;
    for (const protocol::TaskSpec& task : spec.tasks)
      names += (names.empty() ? "" : ", ") + task.name;
    return invalid("--task " + wanted + ": the spec has no such task", "one of: " + names);
  }
  std::vector<std::string> tasks = protocol::ancestors_of(spec, wanted);
  tasks.push_back(wanted);
  return tasks;
}

}  // namespace

Result<int> run_job(const RunOptions& options, const Clock& clock,
                    const std::string& programs_directory, const std::string& path) {
  ORCH_ASSIGN(const std::string text, read_file(options.spec));
  protocol::SpecResult parsed = protocol::parse_spec(text, options.spec, options.set);
  if (!parsed.ok()) return parsed.error();
  ORCH_ASSIGN(const std::vector<std::string> tasks, choose_tasks(*parsed.spec, options.task));
  if (!file_exists(join_path(programs_directory, "orch-rank")))
    return not_found("orch-rank is not in " + programs_directory, "./dev build");
  ORCH_ASSIGN(JobFolder folder, JobFolder::open(options.output, options.resume));
  JobRun run(options, clock, programs_directory, path, text, std::move(*parsed.spec),
             std::move(folder));
  return run.run(tasks);
}

}  // namespace orch::jobs
