#pragma once
// Drives the pure brain in tests: workers and clients by name, time by hand, effects as lines of
// text so that a test can state all of them and that there are no others.

#include <string>
#include <vector>

#include "coordinator/reactor.h"

namespace orch::coordinator {

using Lines = std::vector<std::string>;

/// "record AttemptStarted 1/a#1", "worker-0: StartRanks 1/a#1", "client: SubmitReply 1", in order:
/// records, workers, clients.
Lines lines(const Effects& effects);

class Harness {
 public:
  Harness();
  /// Sends one event at the present time.
  Effects send(decltype(Event::what) what);
  Effects client(protocol::ClientRequest request);
  Effects worker(const std::string& name, protocol::WorkerMessage message);
  /// Time passes, then a tick; workers that are `alive` have been heard just before.
  Effects tick(Duration passed, const std::vector<std::string>& alive = {});

  Effects add_worker(const std::string& name, int slots, std::uint64_t incarnation = 1,
                     std::vector<protocol::HeldAttempt> held = {});
  /// A job of that many command tasks "a", "b", …; `fields` is put into each task.
  JobId submit(const std::string& tasks, const std::string& head = "");
  Effects rank_ended(const std::string& name, const AttemptId& id, int rank,
                     protocol::Failure failure = protocol::Failure::kNone);
  Effects released(const std::string& name, const AttemptId& id);
  Effects commit(const std::string& name, const AttemptId& id, const std::string& kind,
                 const std::string& digest, std::int64_t step = 0);
  /// Single-rank command that ends well: ended, sealed, released.
  void finish(const std::string& name, const AttemptId& id);

  const TaskState& task(const std::string& name, std::uint64_t job = 1) const;
  const AttemptState& attempt(const std::string& name, std::uint64_t number,
                              std::uint64_t job = 1) const;
  protocol::State job(std::uint64_t number = 1) const;

  Config config{"/home"};
  State state;
  TimePoint now{std::chrono::seconds(100)};
  std::uint64_t requests = 0;
};

AttemptId id_of(const std::string& task, std::uint64_t attempt, std::uint64_t job = 1);

}  // namespace orch::coordinator
