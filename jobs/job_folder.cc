#include "jobs/job_folder.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>

#include <cerrno>
#include <charconv>
#include <string_view>

namespace orch::jobs {
namespace {

/// "key value" a line.
Result<std::map<std::string, std::string>> parse_lines(std::string_view text,
                                                       const std::string& file) {
  std::map<std::string, std::string> fields;
  while (!text.empty()) {
    const std::size_t end = text.find('\n'), space = text.find(' ');
    if (end == std::string_view::npos || space == std::string_view::npos || space > end)
      return corrupt(file + ": not the record of a finished task",
                     "remove it to run the task again");
    fields[std::string(text.substr(0, space))] = text.substr(space + 1, end - space - 1);
    text.remove_prefix(end + 1);
  }
  return fields;
}

}  // namespace

Result<JobFolder> JobFolder::open(const std::string& directory, bool resume) {
  ORCH_TRY(make_directories(directory));
  ORCH_ASSIGN(const std::vector<std::string> names, list_directory(directory));
  if (!names.empty() && !resume)
    return conflict(directory + " is not empty",
                    "add --resume to go on with that run, or choose a new --output");
  char resolved[PATH_MAX];
  if (!::realpath(directory.c_str(), resolved)) return system_error("realpath " + directory, errno);
  JobFolder folder;
  folder.directory_ = resolved;
  const std::string own = join_path(folder.directory_, ".orch");
  ORCH_TRY(make_directories(own));
  const std::string lock = join_path(own, "lock");
  folder.lock_ = FileDescriptor(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!folder.lock_) return system_error("open " + lock, errno);
  if (::flock(folder.lock_.get(), LOCK_EX | LOCK_NB) != 0)
    return conflict(directory + ": another `orch-tool run` is at work in this folder");
  return folder;
}

std::string JobFolder::private_directory(const std::string& task) const {
  return join_path(join_path(directory_, ".orch"), task);
}

Result<std::optional<TaskRecord>> JobFolder::read_record(const std::string& task) const {
  const std::string file = join_path(private_directory(task), "done");
  if (!file_exists(file)) return std::optional<TaskRecord>();
  ORCH_ASSIGN(const std::string text, read_file(file));
  ORCH_ASSIGN(auto fields, parse_lines(text, file));
  TaskRecord record{fields["artifact"], fields["path"], fields["ledger_hash"], 0};
  const std::string& steps = fields["steps"];
  std::from_chars(steps.data(), steps.data() + steps.size(), record.steps);
  if (record.path.empty() || !file_exists(join_path(directory_, record.path)))
    return corrupt(file + ": the artifact " + record.path + " is gone",
                   "remove " + file + " to run the task again");
  return std::optional<TaskRecord>(std::move(record));
}

Result<void> JobFolder::write_record(const std::string& task, const TaskRecord& record) const {
  const std::string text = "artifact " + record.artifact + "\npath " + record.path +
                           "\nledger_hash " + record.ledger_hash + "\nsteps " +
                           std::to_string(record.steps) + "\n";
  return write_file_atomic(join_path(private_directory(task), "done"), text);
}

}  // namespace orch::jobs
