#include <csignal>

#include "base/process_runner.h"

namespace orch {

Result<void> SimulatedProcessRunner::spawn(SpawnRequest request) {
  if (processes_.count(request.id) != 0) {
    return conflict("process " + std::to_string(request.id) + " is still there");
  }
  Process process;
  process.program = behaviour_(request);
  ProcessEvent event;
  event.id = request.id;
  if (!process.program.starts) {
    event.kind = ProcessEvent::Kind::kFailed;
    event.message = "cannot execute " + (request.argv.empty() ? "" : request.argv[0]);
    events_.push_back(std::move(event));
    return {};
  }
  process.pid = event.pid = next_pid_++;
  const Duration runs = process.program.runs_for;
  process.ends_at = runs < Duration::zero() ? TimePoint::max() : clock_.now() + runs;
  process.channel = std::move(request.channel);
  process.log = std::move(request.log);
  processes_.emplace(request.id, std::move(process));
  events_.push_back(std::move(event));
  return {};
}

void SimulatedProcessRunner::signal(std::uint64_t id, int signal_number) {
  const auto found = processes_.find(id);
  if (found == processes_.end() || found->second.signal != 0) return;
  if (signal_number != SIGKILL && !found->second.program.heeds_term) return;
  found->second.signal = signal_number;
  found->second.ends_at = clock_.now();
}

std::vector<ProcessEvent> SimulatedProcessRunner::poll() {
  for (auto it = processes_.begin(); it != processes_.end();) {
    const Process& process = it->second;
    if (clock_.now() < process.ends_at) {
      ++it;
      continue;
    }
    ProcessEvent event;
    event.kind = ProcessEvent::Kind::kExited;
    event.id = it->first;
    event.pid = process.pid;
    event.signal = process.signal;
    event.code = process.signal == 0 ? process.program.code : 0;
    events_.push_back(std::move(event));
    it = processes_.erase(it);
  }
  std::vector<ProcessEvent> out;
  out.swap(events_);
  return out;
}

}  // namespace orch
