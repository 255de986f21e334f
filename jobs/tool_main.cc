// orch-tool: task code without a cluster. Links no LibTorch: verbs that need tensors are executed
// by orch-rank.

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/clock.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/log.h"
#include "jobs/tool_options.h"
#include "jobs/tool_verbs.h"
#include "protocol/error_text.h"

namespace {

using orch::Result;
namespace jobs = orch::jobs;

/// One call a kind of options.
class Verbs {
 public:
  explicit Verbs(char** argv) : argv_(argv) {}
  Result<int> operator()(const jobs::RunOptions& options) const {
    return jobs::run_job(options, clock_, programs_,
                         orch::environment("PATH").value_or("/usr/bin:/bin"));
  }
  Result<int> operator()(const jobs::CompareOptions& options) const {
    return jobs::run_compare(options);
  }
  Result<int> operator()(const jobs::TokenizeOptions& options) const {
    return jobs::run_tokenize(options);
  }
  Result<int> operator()(const jobs::TrainTokenizerOptions& options) const {
    return jobs::run_train_tokenizer(options);
  }
  Result<int> operator()(const jobs::InspectOptions& options) const {
    return jobs::run_inspect(options);
  }
  Result<int> operator()(const jobs::ScoreOptions& options) const {
    return jobs::run_score(options);
  }
  Result<int> operator()(const jobs::LogitsOptions&) const { return execute_rank(); }
  Result<int> operator()(const jobs::GenerateOptions&) const { return execute_rank(); }
  Result<int> operator()(const jobs::EvaluateOptions&) const { return execute_rank(); }

 private:
  /// Returns only when it failed.
  Result<int> execute_rank() const {
    const std::string program = orch::join_path(programs_, "orch-rank");
    ::execv(program.c_str(), argv_);
    return orch::system_error("execute " + program, errno);
  }

  char** argv_;
  orch::SystemClock clock_;
  std::string programs_ = orch::executable_directory();
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  orch::log_open("orch-tool", orch::LogLevel::kWarning);
  const jobs::ParsedTool parsed = jobs::parse_tool(argc, argv);
  if (parsed.leave) return parsed.code;
  const Result<int> done = std::visit(Verbs(argv), parsed.options);
  if (done.ok()) return std::fflush(stdout) == 0 ? *done : 1;
  std::fputs(orch::protocol::error_text(done.error()).c_str(), stderr);
  // Bytes that do not match their digest or format are bad input to a tool.
  return done.error().code == orch::Code::kCorrupt ? 2
                                                   : orch::protocol::exit_code(done.error().code);
}
