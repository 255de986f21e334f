#include "worker/ranks.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/limits.h"
#include "base/log.h"
#include "base/process_tree.h"
#include "protocol/codec.h"

namespace orch::worker {
namespace {

/// A rank that does not read its channel is broken: what waits for it is bounded.
constexpr std::size_t kUnsentBytesMax = 2 * limits::kMessageBytesMax;

Result<FileDescriptor> open_log(const std::string& path) {
  FileDescriptor log(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!log) return system_error("cannot open the log " + path, errno);
  return log;
}

std::string cgroup_name(const RankId& rank) {
  return std::to_string(rank.id.task.job.value) + "." + rank.id.task.task + "." +
         std::to_string(rank.id.attempt.value) + "." + std::to_string(rank.rank);
}

/// A gang that is killed while its ranks come together leaves what they had opened under its token.
void remove_shared_memory(const std::string& token) {
  const std::string folder = "/dev/shm";
  const auto names = list_directory(folder);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (name.starts_with("orch-" + token)) ::unlink(join_path(folder, name).c_str());
  }
}

}  // namespace

Ranks::Ranks(RanksOptions options, Emit emit)
    : options_(std::move(options)), emit_(std::move(emit)) {
  host(true);
  host(false);
}

Ranks::~Ranks() {
  command_host_.reset();
  rank_host_.reset();
  if (!options_.cgroups) return;
  for (const auto& [id, rank] : ranks_) {
    if (!rank.cgroup.empty()) options_.cgroups->remove(rank.cgroup);
  }
}

HostProcessRunner* Ranks::host(bool command) {
  auto& slot = command ? command_host_ : rank_host_;
  if (slot) return slot.get();
  auto opened = HostProcessRunner::open(command ? options_.command_host : options_.rank_host,
                                        options_.host_environment);
  if (opened.ok()) {
    slot = std::move(opened).value();
  } else {
    log_warning(opened.error().message);
  }
  return slot.get();
}

Ranks::Rank* Ranks::find(const RankId& id) {
  const auto named = by_name_.find(id);
  return named == by_name_.end() ? nullptr : &ranks_.at(named->second);
}

Result<void> Ranks::start(const SpawnRank& request, Rank& rank, SpawnRequest& spawn) {
  for (const auto& [reference, path] : request.inputs) {
    if (file_exists(path)) continue;
    return invalid("input " + reference + ": no such file or folder: " + path);
  }
  for (const std::string& path : request.make_directories) {
    if (!path.empty()) ORCH_TRY(make_directories(path));
  }
  ORCH_ASSIGN(spawn.log, open_log(request.log_path));
  spawn.argv = request.argv;
  spawn.environment = request.environment;
  spawn.directory = request.directory;
  if (options_.cgroups) {
    const std::string name = cgroup_name(request.rank);
    auto procs = options_.cgroups->make(name, request.memory_bytes, request.cpu);
    if (procs.ok()) {
      rank.cgroup = name;
      spawn.cgroup_procs = *procs;
    } else {
      log_warning(request.rank.text() + " runs without limits: " + procs.error().message);
    }
  }
  if (request.start) {
    ORCH_ASSIGN(auto ends, protocol::make_rank_channel());
    rank.channel = std::move(ends.first);
    rank.gang_token = request.start->gang_token;
    spawn.channel = std::move(ends.second);
    ::fcntl(rank.channel.get(), F_SETFL, O_NONBLOCK);
    rank.unsent = protocol::make_frame(protocol::encode(protocol::ToRank(*request.start)));
  }
  HostProcessRunner* runner = host(request.command);
  if (runner == nullptr) {
    const auto& argv = request.command ? options_.command_host : options_.rank_host;
    return unavailable("cannot execute " + argv[0]);
  }
  return runner->spawn(std::move(spawn));
}

void Ranks::spawn(const SpawnRank& request) {
  const std::uint64_t id = next_id_++;
  Rank rank;
  rank.id = request.rank;
  rank.command = request.command;
  SpawnRequest spawn;
  spawn.id = id;
  const Result<void> started = start(request, rank, spawn);
  if (!started.ok()) {
    if (!rank.cgroup.empty()) options_.cgroups->remove(rank.cgroup);
    const auto failure = started.error().code == Code::kInvalid ? protocol::Failure::kSpec
                                                                : protocol::Failure::kStart;
    emit_(RankNotSpawned{request.rank, failure, started.error().message});
    return;
  }
  by_name_[request.rank] = id;
  write_channel(ranks_.emplace(id, std::move(rank)).first->second);
}

void Ranks::signal(const RankId& rank, int signal_number) {
  const Rank* found = find(rank);
  if (found == nullptr) return;
  host(found->command)->signal(by_name_.at(rank), signal_number);
}

void Ranks::send(const RankId& rank, const protocol::ToRank& message) {
  Rank* found = find(rank);
  if (found == nullptr || !found->channel) return;
  found->unsent += protocol::make_frame(protocol::encode(message));
  if (found->unsent.size() > kUnsentBytesMax) {
    log_warning(rank.text() + " does not read its channel: killed");
    return signal(rank, SIGKILL);
  }
  write_channel(*found);
}

void Ranks::write_channel(Rank& rank) {
  while (!rank.unsent.empty() && rank.channel) {
    const ssize_t n = ::send(rank.channel.get(), rank.unsent.data(), rank.unsent.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) {  // closed: its exit is on the way
      rank.unsent.clear();
      return;
    }
    rank.unsent.erase(0, static_cast<std::size_t>(n));
  }
}

void Ranks::read_channel(Rank& rank) {
  char buffer[1 << 16];
  while (rank.channel) {
    const ssize_t n = ::recv(rank.channel.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      rank.channel.reset();
      return;
    }
    rank.decoder.feed({buffer, static_cast<std::size_t>(n)});
    for (;;) {
      auto frame = rank.decoder.next();
      if (frame.ok() && !frame->has_value()) break;
      auto message = frame.ok() ? protocol::decode_from_rank(**frame)
                                : Result<protocol::FromRank>(frame.error());
      if (!message.ok()) {
        log_warning(rank.id.text() + " sent nonsense: " + message.error().message);
        rank.channel.reset();
        return signal(rank.id, SIGKILL);
      }
      emit_(RankFrame{rank.id, std::move(*message)});
    }
  }
}

void Ranks::handle(const ProcessEvent& event) {
  const auto found = ranks_.find(event.id);
  if (found == ranks_.end()) return;
  if (event.kind == ProcessEvent::Kind::kStarted) {
    emit_(RankSpawned{found->second.id, event.pid});
    return;
  }
  if (event.host_lost) {
    log_error("a process host died; " + found->second.id.text() + " was killed with it");
    std::vector<pid_t> hosts;
    for (const HostProcessRunner* runner : {command_host_.get(), rank_host_.get()}) {
      if (runner != nullptr) hosts.push_back(static_cast<pid_t>(runner->host_pid()));
    }
    kill_adopted_children(hosts);
  }
  read_channel(found->second);  // its last words come before its end
  const Rank rank = std::move(found->second);
  ranks_.erase(found);
  by_name_.erase(rank.id);
  clean_up_after(rank);
  bool out_of_memory = false;
  if (!rank.cgroup.empty()) {
    out_of_memory = options_.cgroups->out_of_memory_kills(rank.cgroup) > 0;
    options_.cgroups->remove(rank.cgroup);
  }
  if (event.kind == ProcessEvent::Kind::kFailed) {
    emit_(RankNotSpawned{rank.id, protocol::Failure::kStart, event.message});
  } else {
    emit_(RankExited{rank.id, event.code, event.signal, out_of_memory});
  }
}

void Ranks::clean_up_after(const Rank& rank) {
  if (rank.gang_token.empty()) return;
  for (const auto& [id, other] : ranks_) {
    if (other.gang_token == rank.gang_token) return;
  }
  remove_shared_memory(rank.gang_token);
}

void Ranks::service() {
  for (HostProcessRunner* runner : {command_host_.get(), rank_host_.get()}) {
    if (runner == nullptr) continue;
    for (const ProcessEvent& event : runner->poll()) handle(event);
  }
  std::vector<std::uint64_t> ids;
  for (const auto& [id, rank] : ranks_) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    const auto found = ranks_.find(id);
    if (found == ranks_.end()) continue;
    read_channel(found->second);
    write_channel(found->second);
  }
}

std::vector<Ranks::Wanted> Ranks::wanted() const {
  std::vector<Wanted> all;
  for (const HostProcessRunner* runner : {command_host_.get(), rank_host_.get()}) {
    if (runner != nullptr && runner->descriptor() >= 0)
      all.push_back({runner->descriptor(), false});
  }
  for (const auto& [id, rank] : ranks_) {
    if (rank.channel) all.push_back({rank.channel.get(), !rank.unsent.empty()});
  }
  return all;
}

}  // namespace orch::worker
