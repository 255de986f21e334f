#include "worker/reactor.h"

#include <charconv>

#include "worker/reactor_parts.h"

namespace orch::worker {

void handle(Step& s, const Connected&) { begin_registration(s); }

void handle(Step& s, const protocol::ErrorReply& reply) {
  s.line(LogLevel::kError, "coordinator: " + reply.error.message);
}

void handle(Step& s, const FromCoordinator& event) {
  s.state.heard_at = s.now;
  if (s.state.silent) s.line(LogLevel::kInfo, "the coordinator is back");
  s.state.silent = false;
  std::visit([&](const auto& message) { handle(s, message); }, event.message);
}

void handle(Step& s, const Tick&) {
  tick_register(s);
  tick_stop(s);
  tick_exit(s);
  tick_commit(s);
  tick_ship(s);
}

Effects step(State& state, const Event& event, TimePoint now) {
  Effects out;
  Step s{state, now, out};
  std::visit([&](const auto& e) { handle(s, e); }, event);
  return out;
}

RankState* find_rank(State& state, const RankId& rank) {
  const auto attempt = state.attempts.find(rank.id);
  if (attempt == state.attempts.end()) return nullptr;
  const auto found = attempt->second.ranks.find(rank.rank);
  return found == attempt->second.ranks.end() ? nullptr : &found->second;
}

void note_attempt(State& state, const AttemptId& id) {
  Attempt& newest = state.newest[id.task];
  newest = std::max(newest, id.attempt);
}

std::string run_directory(const std::string& home, const AttemptId& id) {
  return home + "/work/" + std::to_string(id.task.job.value) + "/" + id.task.task + "/" +
         std::to_string(id.attempt.value) + "/run";
}

std::string log_path(const std::string& spool_directory, const RankId& rank) {
  return spool_directory + "/" + std::to_string(rank.id.task.job.value) + "." + rank.id.task.task +
         "." + std::to_string(rank.id.attempt.value) + "." + std::to_string(rank.rank) + ".log";
}

namespace {

template <typename Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

/// Cuts off the part behind the last dot.
std::string_view take_last(std::string_view& text) {
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view last = text.substr(dot + 1);
  text = text.substr(0, dot);
  return last;
}

}  // namespace

std::optional<RankId> rank_of_log(const std::string& file_name) {
  std::string_view rest = file_name;
  if (take_last(rest) != "log") return std::nullopt;
  RankId rank;
  if (!parse_number(take_last(rest), rank.rank) || rank.rank < 0) return std::nullopt;
  if (!parse_number(take_last(rest), rank.id.attempt.value)) return std::nullopt;
  const auto dot = rest.find('.');
  if (dot == std::string_view::npos || dot + 1 == rest.size()) return std::nullopt;
  if (!parse_number(rest.substr(0, dot), rank.id.task.job.value)) return std::nullopt;
  rank.id.task.task = std::string(rest.substr(dot + 1));
  return rank;
}

}  // namespace orch::worker
