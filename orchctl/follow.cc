#include "orchctl/follow.h"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>

#include "orchctl/table.h"
#include "orchctl/verbs.h"

namespace orch::orchctl {
namespace {

using protocol::ListKind;
using protocol::State;
using protocol::TaskInfo;

constexpr Duration kRefreshEvery = std::chrono::milliseconds(250);
constexpr Duration kLineEvery = std::chrono::seconds(5);
constexpr Duration kAwayMax = std::chrono::minutes(10);

/// Newest values of the series of one task.
struct Latest {
  std::int64_t step = -1;
  double loss = NAN;
  double tokens_per_second = NAN;
};

class Follower {
 public:
  Follower(Session& session, std::string job, bool show)
      : session_(session), job_(std::move(job)), show_(show), live_(standard_error_is_terminal()) {}

  int run() {
    const TimePoint begun = session_.clock().now();
    last_contact_ = begun;
    for (;;) {
      if (interrupted()) return detached();
      auto ended = poll();
      if (!ended.ok()) {
        if (ended.error().code != Code::kUnavailable ||
            session_.clock().now() - last_contact_ > kAwayMax) {
          clear();
          return fail(session_.options(), ended.error());
        }
        say_away();
      } else {
        last_contact_ = session_.clock().now();
        away_said_ = false;
        if (*ended) return **ended;
      }
      sleep_for(kRefreshEvery);
    }
  }

 private:
  Result<std::optional<int>> poll() {
    ORCH_ASSIGN(protocol::ListReply tasks, session_.list(ListKind::kTasks, job_));
    ORCH_ASSIGN(protocol::ListReply jobs, session_.list(ListKind::kJobs, job_));
    if (jobs.jobs.empty()) return not_found("there is no job " + job_, "orchctl get jobs");
    if (show_) {
      for (const TaskInfo& task : tasks.tasks) changes(task);
      ORCH_TRY(progress(tasks.tasks));
    }
    const protocol::JobInfo& job = jobs.jobs.front();
    if (!protocol::is_final(job.state)) return std::optional<int>();
    clear();
    if (show_) {
      std::fprintf(stderr, "%s · job %" PRIu64 " · %s%s%s\n", job.name.c_str(), job.job.value,
                   protocol::state_name(job.state), job.reason.empty() ? "" : " · ",
                   job.reason.c_str());
    }
    return std::optional<int>(job.state == State::kSucceeded ? kExitDone : kExitFailed);
  }

  void changes(const TaskInfo& task) {
    auto& seen = seen_[task.task.task];
    const auto now = std::make_pair(task.state, task.attempt);
    if (seen == now) return;
    seen = now;
    if (task.state == State::kWaiting && task.attempt == 0) return;
    clear();
    std::fprintf(stderr, "%-16s %s", task.task.task.c_str(), protocol::state_name(task.state));
    if (task.attempt > 1) std::fprintf(stderr, " (attempt %" PRIu64 ")", task.attempt);
    if (!task.reason.empty()) std::fprintf(stderr, ": %s", task.reason.c_str());
    std::fprintf(stderr, "\n");
    if (task.state == State::kFailed)
      std::fprintf(stderr, "  try: orchctl logs %s\n", task.task.text().c_str());
  }

  Result<void> progress(const std::vector<TaskInfo>& tasks) {
    const TimePoint now = session_.clock().now();
    if (now - last_line_ < (live_ ? kRefreshEvery * 2 : kLineEvery)) return {};
    std::string line;
    std::size_t done = 0;
    for (const TaskInfo& task : tasks) {
      done += protocol::is_final(task.state) ? 1 : 0;
      if (task.state != State::kRunning) continue;
      ORCH_ASSIGN(const std::string text, describe_running(task));
      line += (line.empty() ? "" : " · ") + text;
    }
    if (line.empty()) return {};
    last_line_ = now;
    line = std::to_string(done) + "/" + std::to_string(tasks.size()) + " tasks · " + line;
    if (live_) {
      std::fprintf(stderr, "\r\033[K%s", line.c_str());
      drawn_ = true;
    } else {
      std::fprintf(stderr, "  %s\n", line.c_str());
    }
    std::fflush(stderr);
    return {};
  }

  Result<std::string> describe_running(const TaskInfo& task) {
    Latest& latest = latest_[task.task.task];
    auto points = session_.ask<protocol::ReadMetricsReply>(
        protocol::ReadMetrics{task.task.text(), {"loss", "tokens_per_second"}, latest.step});
    if (!points.ok() && points.error().code != Code::kNotFound) return points.error();
    if (points.ok()) {
      for (const auto& point : points->points) {
        latest.step = std::max(latest.step, point.step);
        (point.series == "loss" ? latest.loss : latest.tokens_per_second) = point.value;
      }
    }
    return format_running(task, latest);
  }

  std::string format_running(const TaskInfo& task, const Latest& latest) {
    std::string text = task.task.task;
    const std::int64_t step = std::max(task.step, latest.step);
    char part[96];
    if (task.steps > 0) {
      std::snprintf(part, sizeof(part), " step %" PRId64 "/%" PRId64, step, task.steps);
      text += part;
    }
    if (std::isfinite(latest.loss)) {
      std::snprintf(part, sizeof(part), " loss %.3f", latest.loss);
      text += part;
    }
    if (std::isfinite(latest.tokens_per_second) && latest.tokens_per_second > 0) {
      std::snprintf(part, sizeof(part), " %.1fk tokens/s", latest.tokens_per_second / 1000);
      text += part;
    }
    auto [it, fresh] = started_.try_emplace(task.task.task, session_.clock().now(), step);
    const auto [since, from] = it->second;
    if (task.steps > 0 && step > from) {
      const Duration left = (session_.clock().now() - since) * (task.steps - step) / (step - from);
      text += " " + human_duration(left) + " left";
    }
    return text;
  }

  int detached() {
    clear();
    std::fprintf(stderr,
                 "detached: job %s goes on\n  re-attach: orchctl wait %s --follow\n  cancel:    "
                 "orchctl cancel %s\n",
                 job_.c_str(), job_.c_str(), job_.c_str());
    return kExitInterrupted;
  }

  void say_away() {
    if (away_said_ || !show_) return;
    away_said_ = true;
    clear();
    std::fprintf(stderr, "the coordinator does not answer; running ranks go on, waiting for it\n");
  }

  void clear() {
    if (drawn_) std::fprintf(stderr, "\r\033[K");
    drawn_ = false;
  }

  Session& session_;
  const std::string job_;
  const bool show_;
  const bool live_;
  bool drawn_ = false;
  bool away_said_ = false;
  TimePoint last_line_{};
  TimePoint last_contact_{};
  std::map<std::string, std::pair<State, std::uint64_t>> seen_;
  std::map<std::string, Latest> latest_;
  std::map<std::string, std::pair<TimePoint, std::int64_t>> started_;
};

}  // namespace

int follow_job(Session& session, const std::string& job, bool show) {
  catch_interrupts();
  return Follower(session, job, show).run();
}

int wait(Session& session) {
  const Options& options = session.options();
  return follow_job(session, options.name,
                    options.follow || (!options.quiet && standard_error_is_terminal()));
}

}  // namespace orch::orchctl
