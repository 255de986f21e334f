#include "coordinator/snapshot.h"

#include "base/sha256.h"
#include "coordinator/record_fields.h"

namespace orch::coordinator {
namespace {

constexpr char kVersion = 1;

/// Indexes assume that each job's states match its plan.
bool is_consistent(const State& state) {
  for (const auto& [id, job] : state.jobs) {
    if (id != job.id || job.tasks.size() != job.plan.tasks.size()) return false;
    for (const TaskState& task : job.tasks) {
      for (std::size_t i = 0; i < task.attempts.size(); ++i) {
        if (task.attempts[i].number.value != i + 1) return false;
      }
    }
  }
  return true;
}

}  // namespace

std::string encode_snapshot(const State& state) {
  Writer writer;
  fields(writer, state);
  return std::string(1, kVersion) + writer.take();
}

Result<State> decode_snapshot(std::string_view bytes) {
  if (bytes.empty()) return corrupt("the snapshot is empty");
  if (bytes.front() > kVersion || bytes.front() <= 0) {
    return invalid("the snapshot has version " + std::to_string(int{bytes.front()}) +
                       ", which this program cannot read",
                   "start the newer orch-coordinator that wrote it");
  }
  State state;
  Reader reader(bytes.substr(1));
  fields(reader, state);
  if (!reader.finish() || !is_consistent(state)) return corrupt("the snapshot has broken fields");
  rebuild_indexes(state);
  return state;
}

std::string state_digest(const State& state) { return sha256_hex(encode_snapshot(state)); }

}  // namespace orch::coordinator
