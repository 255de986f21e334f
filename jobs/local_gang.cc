#include "jobs/local_gang.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <variant>

#include "base/random.h"

namespace orch::jobs {
namespace {

constexpr Duration kLook = std::chrono::milliseconds(200);

/// A port of this machine that is free now; 0 if there is none.
int free_port() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), raw, size) != 0 ||
      ::getsockname(socket.get(), raw, &size) != 0)
    return 0;
  return ntohs(address.sin_port);
}

/// CONTRACT §3; the spec's own env cannot replace what identifies the rank.
std::vector<std::string> command_environment(const GangRequest& request,
                                             const protocol::CommandSpec& command, int rank,
                                             int master_port) {
  std::map<std::string, std::string> env = {
      {"PATH", request.programs_directory + ":" + request.path},
      {"LANG", "C.UTF-8"},
      {"HOME", request.out_directory}};
  for (const auto& [key, value] : command.env) env[key] = value;
  const std::string number = std::to_string(rank), ranks = std::to_string(request.ranks);
  env["ORCH_JOB"] = env["ORCH_ATTEMPT"] = "1";
  env["ORCH_TASK"] = request.task->name;
  env["ORCH_OUT"] = request.out_directory;
  env["ORCH_CHECKPOINT"] = request.checkpoint_directory;
  for (const char* key : {"ORCH_RANK", "ORCH_LOCAL_RANK", "RANK", "LOCAL_RANK"}) env[key] = number;
  for (const char* key : {"ORCH_RANKS", "WORLD_SIZE", "LOCAL_WORLD_SIZE"}) env[key] = ranks;
  env["MASTER_ADDR"] = "127.0.0.1";
  env["MASTER_PORT"] = std::to_string(master_port);
  std::vector<std::string> lines;
  for (const auto& [key, value] : env) lines.push_back(key + "=" + value);
  return lines;
}

int threads_of(const protocol::TaskSpec& task) {
  if (const auto* pretrain = std::get_if<protocol::PretrainSpec>(&task.block))
    return pretrain->train.threads;
  if (const auto* instruct = std::get_if<protocol::InstructSpec>(&task.block))
    return instruct->train.threads;
  return task.resources.cpu;
}

protocol::RankStart first_frame(const GangRequest& request, int rank, const std::string& token) {
  protocol::RankStart start;
  start.id = {{JobId{1}, request.task->name}, Attempt{1}};
  start.rank = start.local_rank = rank;
  start.ranks_total = start.local_ranks = request.ranks;
  start.spec = request.spec_text;
  start.set = request.set;
  start.inputs = request.inputs;
  start.gang_token = token;
  start.out_directory = request.out_directory;
  start.checkpoint_directory = request.checkpoint_directory;
  start.run_directory = request.run_directory;
  start.resume_path = request.resume_path;
  start.resume_step = request.resume_step;
  start.threads = threads_of(*request.task);
  return start;
}

/// Shared memory that a gang leaves when it is killed while its ranks come together.
void remove_shared_memory(const std::string& token) {
  const std::string folder = "/dev/shm";
  const Result<std::vector<std::string>> names = list_directory(folder);
  if (!names.ok()) return;
  for (const std::string& name : *names)
    if (name.starts_with("orch-" + token)) (void)remove_tree(join_path(folder, name)).ok();
}

/// The last line of a rank's log: the best words there are when it died without any.
std::string log_tail(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text.ok()) return "";
  std::string_view rest = *text;
  while (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
  const std::size_t begin = rest.rfind('\n');
  return std::string(rest.substr(begin == std::string_view::npos ? 0 : begin + 1));
}

}  // namespace

Result<GangEnd> LocalGang::run(const GangRequest& request,
                               const std::function<void(std::int64_t, std::int64_t)>& beat) {
  command_ = std::holds_alternative<protocol::CommandSpec>(request.task->block);
  ranks_.clear();
  ranks_.resize(static_cast<std::size_t>(request.ranks));
  end_ = {};
  error_.reset();
  grace_ends_.reset();
  grace_ = request.task->grace;
  deadline_.reset();
  if (request.task->timeout > Duration{0}) deadline_ = clock_.now() + request.task->timeout;
  const std::string token = random_hex(8);
  const int port = command_ ? free_port() : 0;
  for (int rank = 0; rank < request.ranks && !error_; ++rank)
    if (Result<void> started = start(request, rank, token, port); !started.ok())
      fail(started.error());
  while (std::any_of(ranks_.begin(), ranks_.end(), [](const Rank& rank) { return rank.alive; })) {
    wait();
    serve(beat);
  }
  first_id_ += ranks_.size();
  remove_shared_memory(token);
  const bool stopped =
      std::any_of(ranks_.begin(), ranks_.end(), [](const Rank& rank) { return rank.stopped; });
  if (error_ && !(stops_ > 0 && (command_ || stops_ > 1))) return *error_;
  end_.stopped = stopped || (error_ && stops_ > 0);
  if (!end_.stopped && !command_ && !end_.result)
    return internal("task " + request.task->name + ": its ranks ended without a result");
  return end_;
}

Result<void> LocalGang::start(const GangRequest& request, int rank, const std::string& token,
                              int master_port) {
  Rank& own = ranks_[static_cast<std::size_t>(rank)];
  own.log_path = join_path(request.log_directory, "rank-" + std::to_string(rank) + ".log");
  SpawnRequest spawn;
  spawn.id = first_id_ + static_cast<std::uint64_t>(rank);
  spawn.log =
      FileDescriptor(::open(own.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!spawn.log) return system_error("open " + own.log_path, errno);
  if (command_) {
    const auto& command = std::get<protocol::CommandSpec>(request.task->block);
    spawn.argv = command.argv;
    spawn.environment = command_environment(request, command, rank, master_port);
    spawn.directory = request.out_directory;
  } else {
    ORCH_ASSIGN(auto ends, protocol::make_rank_channel());
    own.channel = std::make_unique<protocol::RankParentChannel>(std::move(ends.first));
    spawn.channel = std::move(ends.second);
  }
  ORCH_TRY(runner_.spawn(std::move(spawn)));
  own.alive = true;
  return command_ ? Result<void>() : own.channel->send(first_frame(request, rank, token));
}

void LocalGang::wait() {
  std::vector<pollfd> files = {{runner_.descriptor(), POLLIN, 0},
                               {interrupt_descriptor_, POLLIN, 0}};
  for (const Rank& rank : ranks_)
    if (rank.alive && rank.channel) files.push_back({rank.channel->descriptor(), POLLIN, 0});
  ::poll(files.data(), files.size(), static_cast<int>(kLook / std::chrono::milliseconds(1)));
}

void LocalGang::serve(const std::function<void(std::int64_t, std::int64_t)>& beat) {
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
    read_channel(static_cast<int>(rank), beat);
  for (const ProcessEvent& event : runner_.poll()) {
    if (event.id < first_id_ || event.id >= first_id_ + ranks_.size()) continue;
    if (event.kind != ProcessEvent::Kind::kStarted)
      ended(static_cast<int>(event.id - first_id_), event, beat);
  }
  if (interrupts_() > 0) interrupt();
  const TimePoint now = clock_.now();
  if (deadline_ && now >= *deadline_) {
    deadline_.reset();
    fail(internal("the task's timeout is over", "raise `timeout` in the spec, then --resume"));
  }
  if (grace_ends_ && now >= *grace_ends_) kill_all();
}

void LocalGang::read_channel(int rank,
                             const std::function<void(std::int64_t, std::int64_t)>& beat) {
  Rank& own = ranks_[static_cast<std::size_t>(rank)];
  while (own.channel) {
    const auto message = own.channel->receive(Duration{0});
    if (!message.ok()) {
      own.channel.reset();  // its end is reported by the host
      return;
    }
    if (!*message) return;
    take(rank, **message, beat);
  }
}

void LocalGang::take(int rank, const protocol::FromRank& message,
                     const std::function<void(std::int64_t, std::int64_t)>& beat) {
  Rank& own = ranks_[static_cast<std::size_t>(rank)];
  if (const auto* at = std::get_if<protocol::RankBeat>(&message)) {
    if (rank == 0) beat(at->step, at->steps);
  } else if (const auto* commit = std::get_if<protocol::RankCommit>(&message)) {
    if (commit->kind == "progress") return;  // wants no answer
    if (commit->kind == "result") end_.result = *commit;
    // A rank that is gone meanwhile needs no answer.
    (void)own.channel
        ->send(protocol::RankCommitted{commit->kind, commit->digest, commit->step, true, ""})
        .ok();
  } else if (const auto* failed = std::get_if<protocol::RankFailed>(&message)) {
    const std::string text = ranks_.size() == 1
                                 ? failed->message
                                 : "rank " + std::to_string(rank) + ": " + failed->message;
    fail(failed->failure == protocol::Failure::kSpec ? invalid(text) : internal(text));
  } else if (std::holds_alternative<protocol::RankStopped>(message)) {
    own.stopped = true;
  }
}

void LocalGang::ended(int rank, const ProcessEvent& event,
                      const std::function<void(std::int64_t, std::int64_t)>& beat) {
  Rank& own = ranks_[static_cast<std::size_t>(rank)];
  read_channel(rank, beat);
  own.alive = false;
  const std::string who = "rank " + std::to_string(rank);
  if (event.kind == ProcessEvent::Kind::kFailed) {
    fail(invalid(who + " could not be started: " + event.message));
  } else if (event.signal != 0) {
    fail(internal(who + " was killed by signal " + std::to_string(event.signal),
                  "go on with --resume"));
  } else if (event.code != 0) {
    const std::string tail = log_tail(own.log_path);
    fail(internal(who + " ended with exit code " + std::to_string(event.code) +
                      (tail.empty() ? "" : ": " + tail),
                  "cat " + own.log_path));
  }
}

void LocalGang::fail(Error error) {
  if (error_) return;
  error_ = std::move(error);
  kill_all();
}

void LocalGang::interrupt() {
  ++stops_;
  if (stops_ > 1) {
    fail(internal("interrupted"));
    return;
  }
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    if (command_)
      runner_.signal(first_id_ + rank, SIGTERM);
    else if (ranks_[rank].channel)
      (void)ranks_[rank].channel->send(protocol::RankStop{true}).ok();
  }
  grace_ends_ = clock_.now() + grace_;
}

void LocalGang::kill_all() {
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
    if (ranks_[rank].alive) runner_.signal(first_id_ + rank, SIGKILL);
}

}  // namespace orch::jobs
