#pragma once
// A reactor with a clock for tests: events in, all effects out.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "worker/reactor.h"

namespace orch::worker {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline const AttemptId kAttempt{{JobId{7}, "train"}, Attempt{2}};
inline constexpr char kCommandSpec[] =
    "version: 1\nname: demo\ntasks:\n"
    "  train: {ranks: 2, command: {argv: [prog, one], env: {KEY: value}}}\n";
inline constexpr char kEvaluateSpec[] =
    "version: 1\nname: demo\ntasks:\n"
    "  train:\n    ranks: 2\n    evaluate:\n      checkpoint: /models/a\n"
    "      suites: [{name: s, data: /data/s.jsonl}]\n";

class World {
 public:
  World() {
    Config& config = state.config;
    config.worker = "worker-0";
    config.host = "here";
    config.home = "/home";
    config.pid = 99;
    config.incarnation = 5;
    config.slots = 4;
    config.spool_directory = "/home/spool/worker-0";
    config.programs_directory = "/opt/orch";
    config.path = "/usr/bin";
  }

  Effects step(const Event& event) { return worker::step(state, event, clock.now()); }
  Effects hear(protocol::CoordinatorMessage message) {
    return step(FromCoordinator{std::move(message)});
  }
  Effects tick(Duration later) {
    clock.advance(later);
    return step(Tick{});
  }
  /// Connected and registered; the effects of it dropped.
  void registered() {
    step(Connected{});
    hear(protocol::RegisterReply{5, {}});
  }
  static protocol::StartRanks order(const char* spec, std::vector<int> ranks = {0, 1}) {
    protocol::StartRanks order;
    order.id = kAttempt;
    order.incarnation = 5;
    order.job_name = "demo";
    order.spec = spec;
    order.ranks = std::move(ranks);
    order.ranks_total = 2;
    order.out_directory = "/home/work/7/train/2/out";
    order.checkpoint_directory = "/home/work/7/train/checkpoint";
    order.master_address = "10.0.0.1";
    order.master_port = 4242;
    return order;
  }
  /// Two running ranks with pids 100 and 101.
  void running(const char* spec) {
    registered();
    hear(order(spec));
    for (int rank = 0; rank < 2; ++rank) step(RankSpawned{{kAttempt, rank}, 100 + rank});
  }

  SimulatedClock clock;
  State state;
};

/// All effects of one kind, in order.
template <typename T>
std::vector<T> all(const Effects& effects) {
  std::vector<T> found;
  for (const Effect& effect : effects) {
    if (const T* one = std::get_if<T>(&effect)) found.push_back(*one);
  }
  return found;
}

/// All messages of one kind to the coordinator, in order.
template <typename T>
std::vector<T> sent(const Effects& effects) {
  std::vector<T> found;
  for (const SendMessage& send : all<SendMessage>(effects)) {
    if (const T* one = std::get_if<T>(&send.message)) found.push_back(*one);
  }
  return found;
}

/// Effects but log lines, heartbeats and reads for shipping, which every tick brings.
inline std::size_t weight(const Effects& effects) {
  std::size_t count = effects.size();
  count -= all<LogLine>(effects).size() + all<ReadLog>(effects).size();
  count -= all<ReadMetrics>(effects).size() + sent<protocol::Heartbeat>(effects).size();
  return count;
}

}  // namespace orch::worker
