#include "tests/sim/simulation.h"

#include <algorithm>
#include <cstdio>

#include "coordinator/timing.h"
#include "protocol/codec.h"

namespace orch::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kNodes = 3;

}  // namespace

Simulation::Simulation(const SimulationOptions& options)
    : options_(options), random_(options.seed), network_(clock_, random_), disk_(clock_, random_) {
  disk_.set_delay(milliseconds(0), milliseconds(1 + random_.below(200)));
  protocol::NetworkFaults faults;
  faults.loss = random_.uniform() * 0.2;
  faults.duplication = random_.uniform() * 0.2;
  faults.reordering = random_.uniform() * 0.3;
  faults.delay_max = milliseconds(random_.below(300));
  network_.set_faults(faults);
  auto values = std::make_unique<storage::MemoryKeyValues>();
  metrics_disk_ = values.get();
  metrics_ = std::make_unique<storage::MetricsStore>(std::move(values));
  for (int i = 0; i < kNodes; ++i) {
    nodes_.push_back(std::make_unique<Node>("worker-" + std::to_string(i),
                                            2 + static_cast<int>(random_.below(3)), network_,
                                            clock_, random_));
    Node& node = *nodes_.back();
    node.set_process_faults(random_.uniform() * 0.1);
    node.on_told = [this](const AttemptId& id, const protocol::RankCommitted& said) {
      check_told(id, said);
    };
    node.on_spawn = [this, &node](const worker::SpawnRank& spawn) { check_slots(node, spawn); };
  }
  user_ = std::make_unique<User>(network_, clock_, random_, 3 + static_cast<int>(random_.below(4)));
}

Simulation::~Simulation() = default;

void Simulation::start_coordinator() {
  restart_at_ = TimePoint::max();
  log_ = std::make_unique<storage::SimulatedControlLog>(disk_);
  coordinator::BrainOptions options;
  options.config.home = "/home";
  options.snapshot_every = 100;
  auto brain = coordinator::Brain::recover(
      options, *log_, clock_, [this](const coordinator::Effects& effects) { release(effects); });
  if (!brain.ok()) return breach("the log cannot be replayed: " + brain.error().message);
  brain_ = std::move(*brain);
  check_replay();
  server_ = network_.listen("coordinator");
  server_->on_message([this](const protocol::Incoming& incoming) { receive(incoming); });
  brain_->handle(coordinator::Started{"sim", 1, "secret"});
  tick_at_ = clock_.now();
}

void Simulation::crash_coordinator() {
  ++outcome_.crashes;
  server_.reset();
  brain_.reset();
  log_.reset();  // a part of what was under way reaches the disk
  metrics_disk_->crash();
  follow_disk();
  restart_at_ = clock_.now() + milliseconds(random_.below(8000));
}

void Simulation::receive(const protocol::Incoming& incoming) {
  if (incoming.role == protocol::Role::kWorker) return receive_worker(incoming);
  auto request = protocol::decode_client_request(incoming.bytes);
  ORCH_CHECK(request.ok(), "%s", request.error().message.c_str());
  brain_->handle(coordinator::FromClient{{incoming.peer, request->number}, request->request});
}

void Simulation::receive_worker(const protocol::Incoming& incoming) {
  auto message = protocol::decode_worker_message(incoming.bytes);
  ORCH_CHECK(message.ok(), "%s", message.error().message.c_str());
  if (const auto* shipped = std::get_if<protocol::LogShipment>(&*message)) {
    return take_logs(incoming.peer, *shipped);
  }
  if (const auto* shipped = std::get_if<protocol::MetricShipment>(&*message)) {
    const protocol::MetricAck ack{shipped->id, shipped->end_offset};
    (void)server_->send(incoming.peer, protocol::encode(protocol::CoordinatorMessage(ack)));
    return;
  }
  brain_->handle(coordinator::FromWorker{incoming.peer, std::move(*message)});
}

void Simulation::take_logs(const std::string& peer, const protocol::LogShipment& shipment) {
  std::vector<protocol::LogAck> acks;
  for (std::size_t i = 0; i < shipment.chunks.size(); ++i) {
    const protocol::LogChunk& chunk = shipment.chunks[i];
    const bool closed =
        std::count(shipment.closed.begin(), shipment.closed.end(), static_cast<int>(i)) != 0;
    const auto end = metrics_->append_log(chunk, closed);
    ORCH_CHECK(end.ok(), "%s", end.error().message.c_str());
    acks.push_back({chunk.attempt, chunk.rank, end->end_offset, end->closed});
  }
  if (random_.chance(0.1)) return;  // the sync is still under way: nobody is told
  ORCH_CHECK(metrics_->sync().ok(), "sync");
  for (const protocol::LogAck& ack : acks) {
    (void)server_->send(peer, protocol::encode(protocol::CoordinatorMessage(ack)));
  }
}

void Simulation::release(const coordinator::Effects& effects) {
  follow_disk();
  for (const auto& out : effects.to_workers) {
    (void)server_->send(out.peer, protocol::encode(out.message));
  }
  for (const auto& out : effects.to_clients) {
    (void)server_->send(out.client.peer,
                        protocol::encode(protocol::NumberedReply{out.client.number, out.reply}));
  }
}

TimePoint Simulation::next_time() const {
  TimePoint next = std::min(fault_at_, restart_at_);
  if (brain_) next = std::min(next, tick_at_);
  if (const auto delivery = network_.next_delivery()) next = std::min(next, *delivery);
  if (log_) {
    if (const auto sync = log_->next_completion()) next = std::min(next, *sync);
  }
  for (const auto& node : nodes_) next = std::min(next, node->next_at());
  for (const auto& [name, at] : node_restart_) next = std::min(next, at);
  for (const auto& [name, at] : partition_end_) next = std::min(next, at);
  return std::min(next, user_->next_at());
}

void Simulation::run_due() {
  const TimePoint now = clock_.now();
  if (restart_at_ <= now) start_coordinator();
  for (auto it = node_restart_.begin(); it != node_restart_.end();) {
    const auto node = std::find_if(nodes_.begin(), nodes_.end(),
                                   [&](const auto& n) { return n->name() == it->first; });
    if (it->second > now) {
      ++it;
      continue;
    }
    (*node)->start();
    it = node_restart_.erase(it);
  }
  for (auto it = partition_end_.begin(); it != partition_end_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    network_.partition(it->first, false);
    it = partition_end_.erase(it);
  }
  while (log_ && log_->complete_one()) {
  }
  while (network_.deliver_one()) {
  }
  for (const auto& node : nodes_) node->run_due();
  user_->run_due();
  if (brain_ && tick_at_ <= now) {
    tick_at_ = now + 2 * coordinator::kTickEvery;
    brain_->handle(coordinator::Tick{});
  }
  if (fault_at_ <= now) inject_faults();
}

void Simulation::inject_faults() {
  if (healed_) {
    fault_at_ = TimePoint::max();
    return;
  }
  fault_at_ = clock_.now() + milliseconds(200 + random_.below(5000));
  const std::uint64_t kind = random_.below(10);
  Node& node = *nodes_[random_.below(nodes_.size())];
  if (kind < 3) {
    if (brain_) crash_coordinator();
  } else if (kind < 6) {
    if (!node.is_up()) return;
    node.crash();
    ++outcome_.crashes;
    node_restart_[node.name()] = clock_.now() + milliseconds(random_.below(12000));
  } else if (kind < 9) {
    network_.partition(node.name(), true);
    partition_end_[node.name()] = clock_.now() + milliseconds(random_.below(12000));
  } else {
    network_.partition("user", true);
    partition_end_["user"] = clock_.now() + milliseconds(random_.below(6000));
  }
}

void Simulation::heal() {
  healed_ = true;
  network_.set_faults({0, 0, 0, milliseconds(0), milliseconds(2)});
  disk_.set_delay(milliseconds(1), milliseconds(5));
  for (const auto& node : nodes_) {
    node->set_process_faults(0);
    network_.partition(node->name(), false);
  }
  network_.partition("user", false);
  partition_end_.clear();
  user_->calm_down();
}

bool Simulation::all_ended() const {
  if (!brain_ || !user_->all_acknowledged()) return false;
  for (const auto& [id, job] : brain_->state().jobs) {
    if (!is_final(job.state)) return false;
  }
  return brain_->state().unfinished.empty();
}

Outcome Simulation::run() {
  start_coordinator();
  for (const auto& node : nodes_) node->start();
  fault_at_ = clock_.now() + seconds(1);
  const TimePoint heal_at = clock_.now() + options_.faults_for;
  const TimePoint give_up_at = heal_at + options_.heal_within;
  TimePoint calm_since = TimePoint::max();
  while (outcome_.breach.empty()) {
    const TimePoint next = std::max(next_time(), clock_.now());
    if (!healed_ && next >= heal_at) heal();
    if (next >= give_up_at) {
      breach("jobs have not ended " + human_duration(options_.heal_within) + " after healing");
      break;
    }
    clock_.advance_to(next);
    run_due();
    ++outcome_.steps;
    check_acknowledged();
    if (healed_ && calm_since == TimePoint::max() && all_ended()) calm_since = clock_.now();
    if (calm_since != TimePoint::max() && clock_.now() > calm_since + seconds(30)) break;
  }
  if (outcome_.breach.empty()) check_end();
  return outcome_;
}

}  // namespace orch::sim
