#include "tests/sim/sim_worker.h"

#include "protocol/codec.h"

namespace orch::sim {
namespace {

template <typename... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};

}  // namespace

Node::Node(std::string name, int slots, protocol::SimulatedNetwork& network,
           const SimulatedClock& clock, Random& random)
    : name_(std::move(name)), slots_(slots), network_(network), clock_(clock), random_(random) {}

void Node::start() {
  transport_ = network_.connect("coordinator", name_, protocol::Role::kWorker);
  transport_->on_message([this](std::string bytes) {
    auto message = protocol::decode_coordinator_message(bytes);
    ORCH_CHECK(message.ok(), "%s", message.error().message.c_str());
    take(worker::FromCoordinator{std::move(*message)});
  });
  state_ = {};
  state_.config.worker = name_;
  state_.config.host = name_ + ".sim";
  state_.config.home = "/home";
  state_.config.pid = next_pid_++;
  state_.config.incarnation = ++incarnation_;
  state_.config.slots = slots_;
  state_.config.memory_bytes = std::uint64_t{64} << 30;
  state_.config.spool_directory = "/home/spool/" + name_;
  tick_at_ = clock_.now();
  take(worker::Connected{});
  for (const auto& [rank, bytes] : spool_) take(worker::LogFound{rank});
}

void Node::crash() {
  transport_.reset();
  processes_.clear();
  events_.clear();
}

TimePoint Node::next_at() const {
  if (!is_up()) return TimePoint::max();
  TimePoint next = tick_at_;
  if (!events_.empty()) next = std::min(next, events_.begin()->first);
  for (const auto& [rank, process] : processes_) next = std::min(next, process.next_at());
  return next;
}

void Node::run_due() {
  if (!is_up()) return;
  const TimePoint now = clock_.now();
  while (!events_.empty() && events_.begin()->first <= now) {
    const worker::Event event = events_.begin()->second;
    events_.erase(events_.begin());
    take(event);
  }
  std::vector<worker::RankId> due;
  for (const auto& [rank, process] : processes_) {
    if (process.next_at() <= now) due.push_back(rank);
  }
  for (const worker::RankId& rank : due) {
    const auto process = processes_.find(rank);
    if (process == processes_.end()) continue;
    std::string line;
    const Act act = process->second.act(now, line);
    spool_[rank] += line;
    written_[rank] += line;
    if (act.exits) processes_.erase(process);
    if (act.says) take(worker::RankFrame{rank, *act.says});
    if (act.exits) take(*act.exits);
  }
  if (tick_at_ <= now) {
    tick_at_ = now + worker::kTickEvery;
    take(worker::Tick{});
  }
}

int Node::slots_in_use() const {
  int used = 0;
  for (const auto& [rank, process] : processes_) used += process.cpu();
  return used;
}

void Node::take(const worker::Event& event) {
  for (const worker::Effect& effect : worker::step(state_, event, clock_.now())) perform(effect);
}

void Node::later(Duration delay, worker::Event event) {
  events_.emplace(clock_.now() + delay, std::move(event));
}

void Node::perform(const worker::Effect& effect) {
  const auto soon = [&] { return std::chrono::milliseconds(random_.below(30)); };
  std::visit(
      Overload{
          [&](const worker::SendMessage& e) {
            (void)transport_->send(protocol::encode(e.message));
          },
          [&](const worker::SpawnRank& e) {
            if (on_spawn) on_spawn(e);
            if (random_.chance(process_faults_ / 4)) {
              return later(soon(), worker::RankNotSpawned{e.rank, protocol::Failure::kStart,
                                                          "no more processes"});
            }
            processes_.erase(e.rank);
            processes_.emplace(e.rank, Process(e, clock_.now() + std::chrono::milliseconds(40),
                                               random_, process_faults_));
            spool_.try_emplace(e.rank);
            written_.try_emplace(e.rank);
            later(soon(), worker::RankSpawned{e.rank, next_pid_++});
          },
          [&](const worker::SignalRank& e) {
            const auto process = processes_.find(e.rank);
            if (process != processes_.end()) process->second.signal(e.signal, clock_.now());
          },
          [&](const worker::SendToRank& e) {
            const auto process = processes_.find(e.rank);
            if (process == processes_.end()) return;
            const auto* said = std::get_if<protocol::RankCommitted>(&e.message);
            if (said && said->accepted && on_told) on_told(e.rank.id, *said);
            process->second.hear(e.message, clock_.now());
          },
          [&](const worker::ReadLog& e) {
            const auto found = spool_.find(e.rank);
            const std::string text = found == spool_.end() ? "" : found->second;
            const auto from = std::min<std::uint64_t>(e.offset, text.size());
            const auto size = std::min<std::uint64_t>(e.size_bytes_max, 16);
            worker::LogRead read{e.rank, from, text.substr(from, size), true};
            read.at_end = from + read.bytes.size() == text.size();
            later(soon(), read);
          },
          [&](const worker::ReadMetrics& e) {
            later(soon(), worker::MetricsRead{e.id, e.offset, e.offset, {}, true});
          },
          [&](const worker::RemoveLog& e) { spool_.erase(e.rank); },
          [&](const worker::DescribeDirectory& e) {
            later(soon(), worker::DirectoryDescribed{e.id, e.path, "out-of-" + e.id.text(), ""});
          },
          [](const worker::LogLine&) {},
      },
      effect);
}

}  // namespace orch::sim
