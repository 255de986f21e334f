#pragma once
// The rank processes of a worker, and their channels: carries out the reactor's SpawnRank,
// SignalRank and SendToRank through two process hosts (one executes commands, one forks the warm
// orch-rank), and turns exits and frames into events. Knows no event loop: its owner waits for the
// descriptors. Thread: one.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/process_runner.h"
#include "base/result.h"
#include "protocol/rank_channel.h"
#include "worker/cgroup.h"
#include "worker/reactor.h"

namespace orch::worker {

struct RanksOptions {
  std::vector<std::string> command_host;  ///< orch-worker --host
  std::vector<std::string> rank_host;     ///< orch-rank --host
  std::vector<std::string> host_environment;
  std::optional<Cgroups> cgroups;
};

class Ranks {
 public:
  using Emit = std::function<void(Event)>;
  /// Executes both hosts; one that cannot be executed is tried again when it is needed.
  Ranks(RanksOptions options, Emit emit);
  ~Ranks();  ///< ends all ranks and waits for that
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  void spawn(const SpawnRank& request);
  void signal(const RankId& rank, int signal_number);
  void send(const RankId& rank, const protocol::ToRank& message);

  /// Reads and writes whatever can be without waiting, emits what happened.
  void service();
  struct Wanted {
    int descriptor = -1;
    bool write = false;  ///< bytes wait to be written too
    auto operator<=>(const Wanted&) const = default;
  };
  /// What to wait for before the next service(); it changes with each call.
  std::vector<Wanted> wanted() const;

 private:
  struct Rank {
    RankId id;
    bool command = false;
    FileDescriptor channel;
    protocol::FrameDecoder decoder;
    std::string unsent;
    std::string cgroup;  ///< its name, empty without
    std::string gang_token;
  };
  Result<void> start(const SpawnRank& request, Rank& rank, SpawnRequest& spawn);
  HostProcessRunner* host(bool command);
  void handle(const ProcessEvent& event);
  void read_channel(Rank& rank);
  void write_channel(Rank& rank);
  Rank* find(const RankId& id);
  void clean_up_after(const Rank& rank);

  RanksOptions options_;
  Emit emit_;
  std::unique_ptr<HostProcessRunner> command_host_, rank_host_;
  std::map<std::uint64_t, Rank> ranks_;  ///< by process id of the runner
  std::map<RankId, std::uint64_t> by_name_;
  std::uint64_t next_id_ = 1;
};

}  // namespace orch::worker
