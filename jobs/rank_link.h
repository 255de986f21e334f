#pragma once
// A rank's side of the conversation with its parent: what it was told (RankStart), beats, the
// two-phase commit's second question, and the order to stop. Polled between units of work; no
// thread of its own. Owned by rank_main.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "protocol/messages.h"
#include "protocol/rank_channel.h"
#include "protocol/spec.h"

namespace orch::jobs {

class RankLink {
 public:
  /// Waits for RankStart and answers RankReady. Errors: kUnavailable when the parent is gone,
  /// kCorrupt.
  static Result<RankLink> open(FileDescriptor channel);

  const protocol::RankStart& start() const { return start_; }
  int rank() const { return start_.rank; }
  int ranks() const { return start_.ranks_total; }

  /// Absolute path of an input. Errors: kNotFound if the parent resolved none and it is not a path.
  Result<std::string> resolve(const protocol::Reference& reference) const;

  /// Tells that the rank is alive, and reads what came from the parent without waiting.
  Result<void> beat(std::int64_t step, std::int64_t steps);
  /// An order to stop has come.
  bool stop_requested() const { return stop_.has_value(); }
  /// The order wants a checkpoint first.
  bool checkpoint_first() const { return stop_ && stop_->checkpoint_first; }

  /// Asks the parent to let these durable files count (rank 0); the answer comes through poll.
  Result<void> ask_commit(const protocol::RankCommit& commit);
  /// The next answer, if one has come.
  std::optional<protocol::RankCommitted> take_answer();
  /// Asks and waits. Errors: kDenied when it was refused (an older attempt), kUnavailable when the
  /// parent is gone.
  Result<void> commit(const protocol::RankCommit& commit);
  /// Waits for the answer to an earlier ask_commit. Errors as commit().
  Result<protocol::RankCommitted> wait_answer();

  /// Last words; errors are of no use any more.
  void failed(const Error& error);
  void stopped(std::int64_t step);
  /// What failed() reports instead of a class made from the error's code.
  void fail_as(protocol::Failure failure) { failure_ = failure; }

 private:
  explicit RankLink(std::unique_ptr<protocol::RankChannel> channel)
      : channel_(std::move(channel)) {}
  Result<void> take(const protocol::ToRank& message);
  Result<void> poll();

  std::unique_ptr<protocol::RankChannel> channel_;
  protocol::RankStart start_;
  std::optional<protocol::RankStop> stop_;
  std::vector<protocol::RankCommitted> answers_;
  std::optional<protocol::Failure> failure_;
};

}  // namespace orch::jobs
