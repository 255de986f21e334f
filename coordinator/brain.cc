#include "coordinator/brain.h"

#include "coordinator/apply.h"
#include "coordinator/record_codec.h"
#include "coordinator/snapshot.h"

namespace orch::coordinator {

Result<std::unique_ptr<Brain>> Brain::recover(BrainOptions options, storage::ControlLog& log,
                                              const Clock& clock, Release release) {
  std::unique_ptr<Brain> brain(new Brain(std::move(options), log, clock, std::move(release)));
  ORCH_TRY(brain->replay());
  log.on_durable([b = brain.get()](LogPosition position) { b->on_durable(position); });
  return brain;
}

Result<void> Brain::replay() {
  ORCH_ASSIGN(const storage::LogSnapshot snapshot, log_.read_snapshot());
  if (snapshot.position) {
    ORCH_ASSIGN(state_, decode_snapshot(snapshot.bytes));
    if (state_.position != snapshot.position) {
      return corrupt("control log: the snapshot at position " +
                     std::to_string(snapshot.position.value) + " holds another position");
    }
  }
  snapshot_ = snapshot.position;
  ORCH_TRY(log_.replay(
      snapshot.position, [&](LogPosition position, std::string_view bytes) -> Result<void> {
        const auto where = [&](const Error& error) {
          return Error{
              error.code,
              "control log, record " + std::to_string(position.value) + ": " + error.message,
              error.hint};
        };
        const auto record = decode_record(bytes);
        if (!record.ok()) return where(record.error());
        const auto applied = coordinator::apply(state_, *record);
        if (!applied.ok()) return where(applied.error());
        return {};
      }));
  durable_ = state_.position;
  return {};
}

void Brain::handle(decltype(Event::what) what) {
  const Event event{clock_.wall(), std::move(what)};
  const LogPosition before = state_.position;
  Effects effects = step(options_.config, state_, event, clock_.now());
  std::vector<std::string> records;
  for (const Record& record : effects.records) records.push_back(encode_record(record));
  if (!records.empty()) log_.append(LogPosition{before.value + 1}, std::move(records));
  if (state_.position.value >= snapshot_.value + options_.snapshot_every) save_snapshot();
  const bool is_quiet =
      effects.records.empty() && effects.to_workers.empty() && effects.to_clients.empty();
  if (!is_quiet) hold({state_.position, std::move(effects), {}});
}

void Brain::when_durable(std::function<void()> action) {
  hold({state_.position, {}, std::move(action)});
}

void Brain::save_snapshot() {
  if (snapshot_ == state_.position) return;
  snapshot_ = state_.position;
  log_.save_snapshot(snapshot_, encode_snapshot(state_));
}

void Brain::hold(Held held) {
  held_.push_back(std::move(held));
  let_go();
}

void Brain::on_durable(LogPosition position) {
  durable_ = std::max(durable_, position);
  let_go();
}

void Brain::let_go() {
  if (letting_go_) return;  // a released effect may lead back here
  letting_go_ = true;
  while (!held_.empty() && held_.front().position <= durable_) {
    const Held held = std::move(held_.front());
    held_.pop_front();
    if (held.action) {
      held.action();
    } else {
      release_(held.effects);
    }
  }
  letting_go_ = false;
}

}  // namespace orch::coordinator
