// Submit latency and dispatch rate of a real orch-coordinator process over real sockets, with stub
// workers that answer at once. Prints JSON lines.

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/environment.h"
#include "base/file.h"
#include "protocol/client.h"
#include "protocol/codec.h"
#include "protocol/keys.h"
#include "protocol/transport_zmq.h"

namespace orch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSubmissions = 500;
constexpr int kWorkers = 4;
constexpr int kSlots = 64;
constexpr int kJobs = 50;
constexpr int kTasksPerJob = 100;

/// A coordinator on a home of its own; ends with this object.
class Daemon {
 public:
  Daemon() {
    const std::string program = executable_directory() + "/../bin/orch-coordinator";
    std::string home = home_.path();
    std::vector<char*> argv{const_cast<char*>(program.c_str()), const_cast<char*>("--home"),
                            home.data(), nullptr};
    ORCH_CHECK(::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, argv.data(), environ) == 0,
               "cannot start %s", program.c_str());
  }
  ~Daemon() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  const std::string& home() const { return home_.path(); }
  protocol::Client connect() const {
    const SystemClock clock;
    const TimePoint give_up = clock.now() + seconds(20);
    for (;;) {
      auto client = protocol::Client::connect(home(), "", seconds(1));
      if (client.ok()) return std::move(*client);
      ORCH_CHECK(clock.now() < give_up, "%s", client.error().message.c_str());
      sleep_for(milliseconds(20));
    }
  }

 private:
  TemporaryDirectory home_{"orch-bench"};
  pid_t pid_ = 0;
};

/// Says of every rank at once that it began, ended well, and left its output.
class StubWorker {
 public:
  StubWorker(const std::string& home, int number) : name_("stub-" + std::to_string(number)) {
    const auto keys = protocol::read_key_pair(home, "worker");
    const auto server = protocol::read_public_key(home, "coordinator");
    const auto address = protocol::read_coordinator_address(home);
    ORCH_CHECK(keys.ok() && server.ok() && address.ok(), "no cluster at %s", home.c_str());
    auto client = protocol::ZmqClient::open(address->address, *keys, *server);
    ORCH_CHECK(client.ok(), "%s", client.error().message.c_str());
    transport_ = std::move(*client);
    transport_->on_message([this](const std::string& bytes) { hear(bytes); });
    beat();
  }
  protocol::ZmqClient* transport() const { return transport_.get(); }
  /// Registers until that is answered, then heartbeats.
  void beat() {
    if (registered_) return send(protocol::Heartbeat{name_, 1, ++sequence_, {}});
    protocol::Register message;
    message.worker = name_;
    message.host = "bench";
    message.incarnation = 1;
    message.slots = kSlots;
    message.memory_bytes = std::uint64_t{1} << 40;
    send(message);
  }
  std::uint64_t dispatched() const { return dispatched_; }

 private:
  void send(const protocol::WorkerMessage& message) {
    (void)transport_->send(protocol::encode(message));
  }
  void hear(const std::string& bytes) {
    const auto message = protocol::decode_coordinator_message(bytes);
    ORCH_CHECK(message.ok(), "%s", message.error().message.c_str());
    if (std::holds_alternative<protocol::RegisterReply>(*message)) {
      registered_ = true;
    } else if (const auto* start = std::get_if<protocol::StartRanks>(&*message)) {
      if (seen_.insert(start->id).second) ++dispatched_;
      for (const int rank : start->ranks) {
        send(protocol::RankStarted{start->id, rank, 1});
        protocol::RankEnded ended;
        ended.id = start->id;
        ended.rank = rank;
        send(ended);
      }
      send(protocol::AttemptReleased{start->id});
    } else if (const auto* seal = std::get_if<protocol::SealAttempt>(&*message)) {
      protocol::CommitRequest commit;
      commit.id = seal->id;
      commit.kind = "result";
      commit.artifact_kind = "output";
      commit.path = seal->out_directory;
      commit.digest = "digest-of-" + seal->id.text();
      send(commit);
    }
  }
  std::string name_;
  std::unique_ptr<protocol::ZmqClient> transport_;
  std::set<AttemptId> seen_;
  bool registered_ = false;
  std::uint64_t dispatched_ = 0, sequence_ = 0;
};

std::string spec(int tasks) {
  std::string text = "version: 1\nname: bench\ntasks:\n";
  for (int i = 0; i < tasks; ++i) {
    text += "  t" + std::to_string(i) +
            ": {resources: {memory: 1MiB}, command: {argv: [\"/bin/true\"]}}\n";
  }
  return text;
}

JobId submit(protocol::Client& client, const std::string& text, const std::string& request_id) {
  protocol::Submit request;
  request.spec = text;
  request.file = "bench.yaml";
  request.request_id = request_id;
  const auto reply = client.call(request, seconds(30));
  ORCH_CHECK(reply.ok(), "%s", reply.error().message.c_str());
  return std::get<protocol::SubmitReply>(*reply).job;
}

void print(const char* name, const char* unit, double value) {
  std::printf("{\"bench\": \"coordinator\", \"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\"}\n",
              name, value, unit);
  std::fflush(stdout);
}

double milliseconds_of(Duration d) { return static_cast<double>(d.count()) / 1e6; }

void measure_submissions() {
  const SystemClock clock;
  const Daemon daemon;
  protocol::Client client = daemon.connect();
  std::vector<double> times;
  for (int i = 0; i < kSubmissions; ++i) {
    const TimePoint begin = clock.now();
    submit(client, spec(3), "r" + std::to_string(i));
    times.push_back(milliseconds_of(clock.now() - begin));
  }
  std::sort(times.begin(), times.end());
  print("submit_latency_p50", "ms", times[times.size() / 2]);
  print("submit_latency_p99", "ms", times[times.size() * 99 / 100]);
}

void measure_dispatches() {
  const SystemClock clock;
  const Daemon daemon;
  protocol::Client client = daemon.connect();
  for (int i = 0; i < kJobs; ++i) submit(client, spec(kTasksPerJob), "d" + std::to_string(i));
  std::vector<std::unique_ptr<StubWorker>> workers;
  std::vector<protocol::Drainable*> transports;
  const TimePoint begin = clock.now();
  for (int i = 0; i < kWorkers; ++i) {
    workers.push_back(std::make_unique<StubWorker>(daemon.home(), i));
    transports.push_back(workers.back()->transport());
  }
  constexpr std::uint64_t kAll = std::uint64_t{kJobs} * kTasksPerJob;
  TimePoint beat_at = begin + milliseconds(50);
  for (std::uint64_t done = 0; done < kAll;) {
    protocol::poll_and_drain(transports, milliseconds(20));
    done = 0;
    for (const auto& worker : workers) done += worker->dispatched();
    if (clock.now() >= beat_at) {
      for (const auto& worker : workers) worker->beat();
      beat_at = clock.now() + milliseconds(200);
    }
    ORCH_CHECK(clock.now() < begin + seconds(120), "only %llu of %llu tasks were dispatched",
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(kAll));
  }
  const double elapsed = milliseconds_of(clock.now() - begin) / 1e3;
  print("dispatches_per_second", "1/s", static_cast<double>(kAll) / elapsed);
}

}  // namespace
}  // namespace orch

int main() {
  orch::measure_submissions();
  orch::measure_dispatches();
  return 0;
}
