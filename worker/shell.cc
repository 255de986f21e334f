#include "worker/shell.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <map>

#include "base/environment.h"
#include "base/file.h"
#include "base/log.h"
#include "protocol/client.h"
#include "protocol/codec.h"
#include "protocol/keys.h"
#include "protocol/poller_asio.h"
#include "protocol/transport_zmq.h"
#include "worker/describe.h"
#include "worker/inventory.h"
#include "worker/leftovers.h"
#include "worker/name_lock.h"
#include "worker/ranks.h"
#include "worker/tail.h"

namespace orch::worker {
namespace {

namespace asio = boost::asio;

/// A descriptor that is watched but not owned.
struct Watch {
  explicit Watch(asio::io_context& io, int fd) : stream(io, fd) {}
  ~Watch() { stream.release(); }
  asio::posix::stream_descriptor stream;
  bool reading = false, writing = false;
};

}  // namespace

class Shell::Parts {
 public:
  Parts(asio::io_context& io, const Clock& clock, ShellOptions options, NameLock lock)
      : io_(io),
        clock_(clock),
        options_(std::move(options)),
        lock_(std::move(lock)),
        timer_(io),
        digests_(1) {}
  ~Parts() { digests_.join(); }

  Result<void> open();

 private:
  void configure();
  void find_logs();
  void tick();
  void look_for_coordinator();
  Result<void> connect(const std::string& address);
  void handle(Event event);
  void perform(Effect& effect);
  void perform(SendMessage& effect);
  void perform(SpawnRank& effect) { ranks_->spawn(effect); }
  void perform(SignalRank& effect) { ranks_->signal(effect.rank, effect.signal); }
  void perform(SendToRank& effect) { ranks_->send(effect.rank, effect.message); }
  void perform(ReadLog& effect);
  void perform(ReadMetrics& effect);
  void perform(RemoveLog& effect) { ::unlink(effect.path.c_str()); }
  void perform(DescribeDirectory& effect);
  void perform(LogLine& effect) { log(effect.level, effect.text); }
  void serve_ranks();
  void watch();

  asio::io_context& io_;
  const Clock& clock_;
  ShellOptions options_;
  NameLock lock_;
  State state_;
  std::unique_ptr<Ranks> ranks_;
  std::deque<Event> events_;
  bool handling_ = false;
  asio::steady_timer timer_;
  std::map<int, std::unique_ptr<Watch>> watches_;
  std::string address_;
  std::int64_t coordinator_pid_ = 0;
  TimePoint look_at_{};
  std::unique_ptr<protocol::ZmqClient> transport_;
  std::unique_ptr<protocol::AsioPoller> poller_;
  asio::thread_pool digests_;
};

Result<void> Shell::Parts::open() {
  configure();
  const Config& config = state_.config;
  ORCH_TRY(make_directories(config.spool_directory));
  const int killed = kill_leftovers(config.home, config.worker, clock_, std::chrono::seconds(10));
  if (killed < 0) return unavailable("processes of an earlier " + config.worker + " do not end");
  if (killed > 0) log_warning("killed " + std::to_string(killed) + " leftover processes");
  RanksOptions ranks;
  ranks.command_host = {config.programs_directory + "/orch-worker", "--host"};
  ranks.rank_host = {config.programs_directory + "/orch-rank", "--host"};
  ranks.host_environment = {"ORCH_HOME=" + config.home, "ORCH_WORKER=" + config.worker,
                            "ORCH_ATTEMPT=host"};
  Result<Cgroups> cgroups = Cgroups::open(kCgroupMount, own_cgroup(), config.worker);
  if (cgroups.ok()) {
    ranks.cgroups = std::move(*cgroups);
  } else {
    log_info("ranks run without memory limits: " + cgroups.error().message);
  }
  ranks_ =
      std::make_unique<Ranks>(std::move(ranks), [this](Event event) { handle(std::move(event)); });
  find_logs();
  if (!options_.coordinator.empty()) ORCH_TRY(connect(options_.coordinator));
  ORCH_TRY(lock_.write_pid());
  tick();
  return {};
}

void Shell::Parts::configure() {
  const Inventory inventory = take_inventory();
  Config& config = state_.config;
  config.worker = options_.worker;
  config.home = options_.home;
  config.host = inventory.host;
  config.pid = ::getpid();
  config.incarnation = static_cast<std::uint64_t>(clock_.wall().microseconds);
  config.slots = options_.slots > 0 ? options_.slots : inventory.cores;
  config.gpus = inventory.gpus;
  config.memory_bytes = inventory.memory_bytes;
  config.spool_directory = options_.home + "/spool/" + options_.worker;
  config.programs_directory = options_.programs_directory;
  config.path = environment("PATH").value_or(config.path);
}

void Shell::Parts::find_logs() {
  const auto names = list_directory(state_.config.spool_directory);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (const auto rank = rank_of_log(name)) handle(LogFound{*rank});
  }
}

void Shell::Parts::tick() {
  if (options_.coordinator.empty() && clock_.now() >= look_at_) look_for_coordinator();
  serve_ranks();
  handle(Tick{});
  timer_.expires_after(kTickEvery);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) tick();
  });
}

/// A coordinator that was started again gets a fresh connection, without what was queued for the
/// old one.
void Shell::Parts::look_for_coordinator() {
  look_at_ = clock_.now() + std::chrono::milliseconds(500);
  const auto found = protocol::read_coordinator_address(options_.home);
  if (!found.ok() || (found->address == address_ && found->pid == coordinator_pid_)) return;
  const Result<void> connected = connect(found->address);
  if (!connected.ok()) return log_error(connected.error().message);
  coordinator_pid_ = found->pid;
}

Result<void> Shell::Parts::connect(const std::string& address) {
  ORCH_ASSIGN(const protocol::KeyPair keys, protocol::read_key_pair(options_.home, "worker"));
  ORCH_ASSIGN(const std::string server, protocol::read_public_key(options_.home, "coordinator"));
  ORCH_ASSIGN(auto transport, protocol::ZmqClient::open(address, keys, server));
  poller_.reset();
  transport_ = std::move(transport);
  transport_->on_message([this](std::string bytes) {
    auto message = protocol::decode_coordinator_message(bytes);
    if (message.ok()) return handle(FromCoordinator{std::move(*message)});
    log_warning("a message of the coordinator is refused: " + message.error().message);
  });
  poller_ = std::make_unique<protocol::AsioPoller>(io_, *transport_);
  address_ = address;
  log_info("connecting to the coordinator at " + address);
  handle(Connected{});
  return {};
}

/// Events that effects bring about wait until the effects before them are done.
void Shell::Parts::handle(Event event) {
  events_.push_back(std::move(event));
  if (handling_) return;
  handling_ = true;
  while (!events_.empty()) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    for (Effect& effect : step(state_, next, clock_.now())) perform(effect);
  }
  handling_ = false;
  if (ranks_) watch();
}

void Shell::Parts::perform(Effect& effect) {
  std::visit([this](auto& one) { perform(one); }, effect);
}

void Shell::Parts::perform(SendMessage& effect) {
  if (!transport_) return;
  const Result<void> sent = transport_->send(protocol::encode(effect.message));
  if (!sent.ok()) log_debug("not sent: " + sent.error().message);  // it is repeated
}

void Shell::Parts::perform(ReadLog& effect) {
  auto piece = read_piece(effect.path, effect.offset, effect.size_bytes_max);
  if (!piece.ok()) {
    log_warning(piece.error().message);
    piece = Piece{};
  }
  handle(LogRead{effect.rank, effect.offset, std::move(piece->bytes), piece->at_end});
}

void Shell::Parts::perform(ReadMetrics& effect) {
  auto piece = read_metrics(effect.path, effect.offset, effect.id.attempt);
  if (!piece.ok()) {
    log_warning(piece.error().message);
    piece = MetricPiece{};
    piece->end_offset = effect.offset;
  }
  if (piece->bad_lines > 0) {
    log_warning(effect.path + ": " + std::to_string(piece->bad_lines) + " lines are no metrics");
  }
  handle(MetricsRead{effect.id, effect.offset, piece->end_offset, std::move(piece->points),
                     piece->at_end});
}

void Shell::Parts::perform(DescribeDirectory& effect) {
  asio::post(digests_, [this, effect] {
    DirectoryDescribed described = describe_directory(effect.id, effect.path);
    asio::post(io_, [this, described] { handle(described); });
  });
}

void Shell::Parts::serve_ranks() {
  ranks_->service();
  watch();
}

/// One wait for each descriptor that the ranks want; after any of them, all are served.
void Shell::Parts::watch() {
  const std::vector<Ranks::Wanted> wanted = ranks_->wanted();
  std::erase_if(watches_, [&](const auto& entry) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const Ranks::Wanted& one) { return one.descriptor == entry.first; });
  });
  for (const Ranks::Wanted& one : wanted) {
    std::unique_ptr<Watch>& watch = watches_[one.descriptor];
    if (!watch) watch = std::make_unique<Watch>(io_, one.descriptor);
    const auto wait = [&](bool& waiting, asio::posix::stream_descriptor::wait_type type) {
      if (waiting) return;
      waiting = true;
      watch->stream.async_wait(
          type, [this, fd = one.descriptor, flag = &waiting](const boost::system::error_code& e) {
            if (e) return;  // not watched any more: the flag is gone too
            *flag = false;
            serve_ranks();
          });
    };
    wait(watch->reading, asio::posix::stream_descriptor::wait_read);
    if (one.write) wait(watch->writing, asio::posix::stream_descriptor::wait_write);
  }
}

Shell::Shell(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Shell::~Shell() = default;

Result<std::unique_ptr<Shell>> Shell::open(const ShellOptions& options, asio::io_context& io,
                                           const Clock& clock) {
  ORCH_ASSIGN(NameLock lock, NameLock::take(options.home, options.worker));
  auto parts = std::make_unique<Parts>(io, clock, options, std::move(lock));
  ORCH_TRY(parts->open());
  return std::unique_ptr<Shell>(new Shell(std::move(parts)));
}

}  // namespace orch::worker
