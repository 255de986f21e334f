#pragma once
// What the files of the reactor share: one handler an event and the few helpers they all need.
// Not for others; they include reactor.h.

#include "worker/reactor.h"

namespace orch::worker {

/// A step under way: the state, the time, and where effects go.
struct Step {
  State& state;
  TimePoint now;
  Effects& out;

  void send(protocol::WorkerMessage message) { out.push_back(SendMessage{std::move(message)}); }
  void line(LogLevel level, std::string text) { out.push_back(LogLine{level, std::move(text)}); }
};

// reactor_register.cc
void begin_registration(Step& s);
void handle(Step& s, const protocol::RegisterReply& reply);
void handle(Step& s, const protocol::HeartbeatReply& reply);
void tick_register(Step& s);

// reactor_start.cc
void handle(Step& s, const protocol::StartRanks& order);
void handle(Step& s, const RankSpawned& event);

// reactor_stop.cc
void handle(Step& s, const protocol::StopAttempt& order);
void disown(Step& s, const AttemptId& id);
void tick_stop(Step& s);

// reactor_exit.cc
void handle(Step& s, const RankNotSpawned& event);
void handle(Step& s, const RankExited& event);
void handle(Step& s, const protocol::RankEndedAck& ack);
void handle(Step& s, const protocol::ReleasedAck& ack);
/// Remembers how a rank ended and reports it (and the attempt as released when it may).
void end_rank(Step& s, const RankId& rank, protocol::RankEnded ended);
void report_released(Step& s, const AttemptId& id);
void tick_exit(Step& s);

// reactor_commit.cc
void handle(Step& s, const RankFrame& event);
void handle(Step& s, const protocol::CommitReply& reply);
void handle(Step& s, const protocol::SealAttempt& order);
void handle(Step& s, const DirectoryDescribed& event);
void tick_commit(Step& s);

// reactor_ship.cc
void handle(Step& s, const LogFound& event);
void handle(Step& s, const LogRead& event);
void handle(Step& s, const MetricsRead& event);
void handle(Step& s, const protocol::LogAck& ack);
void handle(Step& s, const protocol::MetricAck& ack);
/// Begins to follow a rank's log, and rank 0's metrics.
void follow(Step& s, const RankId& rank);
/// The rank is gone: what is in its log now is all of it.
void close_log(Step& s, const RankId& rank);
void tick_ship(Step& s);

RankState* find_rank(State& state, const RankId& rank);
/// Raises the highest attempt known of a task.
void note_attempt(State& state, const AttemptId& id);

}  // namespace orch::worker
