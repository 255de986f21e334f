#include "jobs/rank_link.h"

#include <utility>

namespace orch::jobs {
namespace {

/// The class of an attempt that ended with this error. Wrong input stays wrong: it is never
/// retried.
protocol::Failure failure_of(Code code) {
  switch (code) {
    case Code::kInvalid:
    case Code::kNotFound:
    case Code::kConflict:
    case Code::kCorrupt:
      return protocol::Failure::kSpec;
    default:
      return protocol::Failure::kExit;
  }
}

}  // namespace

Result<RankLink> RankLink::open(FileDescriptor channel) {
  RankLink link(std::make_unique<protocol::RankChannel>(std::move(channel)));
  ORCH_ASSIGN(std::optional<protocol::ToRank> first, link.channel_->receive(Duration{-1}));
  if (!first || !std::holds_alternative<protocol::RankStart>(*first))
    return corrupt("the first message of a rank's parent is not RankStart");
  link.start_ = std::get<protocol::RankStart>(*first);
  ORCH_TRY(link.channel_->send(protocol::RankReady{}));
  return link;
}

Result<std::string> RankLink::resolve(const protocol::Reference& reference) const {
  if (const auto found = start_.inputs.find(reference.text); found != start_.inputs.end())
    return found->second;
  if (reference.kind == protocol::Reference::Kind::kPath) return reference.text;
  return not_found("no artifact for " + reference.text + " in task " + start_.id.task.text());
}

Result<void> RankLink::take(const protocol::ToRank& message) {
  if (const auto* stop = std::get_if<protocol::RankStop>(&message)) stop_ = *stop;
  if (const auto* answer = std::get_if<protocol::RankCommitted>(&message))
    answers_.push_back(*answer);
  return {};
}

Result<void> RankLink::poll() {
  while (true) {
    ORCH_ASSIGN(const std::optional<protocol::ToRank> message, channel_->receive(Duration{0}));
    if (!message) return {};
    ORCH_TRY(take(*message));
  }
}

Result<void> RankLink::beat(std::int64_t step, std::int64_t steps) {
  ORCH_TRY(channel_->send(protocol::RankBeat{step, steps}));
  return poll();
}

Result<void> RankLink::ask_commit(const protocol::RankCommit& commit) {
  return channel_->send(commit);
}

std::optional<protocol::RankCommitted> RankLink::take_answer() {
  if (answers_.empty()) return std::nullopt;
  protocol::RankCommitted answer = std::move(answers_.front());
  answers_.erase(answers_.begin());
  return answer;
}

Result<protocol::RankCommitted> RankLink::wait_answer() {
  while (answers_.empty()) {
    ORCH_ASSIGN(const std::optional<protocol::ToRank> message, channel_->receive(Duration{-1}));
    if (message) ORCH_TRY(take(*message));
  }
  protocol::RankCommitted answer = *take_answer();
  if (!answer.accepted)
    return denied("commit of the " + answer.kind + " refused: " + answer.message);
  return answer;
}

Result<void> RankLink::commit(const protocol::RankCommit& commit) {
  ORCH_TRY(ask_commit(commit));
  while (true) {
    ORCH_ASSIGN(const protocol::RankCommitted answer, wait_answer());
    if (answer.kind == commit.kind && answer.step == commit.step) return {};
  }
}

void RankLink::failed(const Error& error) {
  std::string message = error.message;
  if (!error.hint.empty()) message += "\n  try: " + error.hint;
  (void)channel_->send(protocol::RankFailed{failure_.value_or(failure_of(error.code)), message})
      .ok();
}

void RankLink::stopped(std::int64_t step) {
  (void)channel_->send(protocol::RankStopped{step}).ok();
}

}  // namespace orch::jobs
