#pragma once
// The records that lists show, as JSON (the names scripts rely on) and as YAML made from that JSON.

#include <nlohmann/json.hpp>
#include <vector>

#include "orchctl/options.h"
#include "protocol/messages.h"

namespace orch::orchctl {

inline constexpr std::size_t kDigestShown = 12;  ///< characters of a digest in tables

nlohmann::ordered_json to_json(const protocol::JobInfo& job);
nlohmann::ordered_json to_json(const protocol::TaskInfo& task);
nlohmann::ordered_json to_json(const protocol::AttemptInfo& attempt);
nlohmann::ordered_json to_json(const protocol::WorkerInfo& worker);
nlohmann::ordered_json to_json(const protocol::ArtifactInfo& artifact);
nlohmann::ordered_json to_json(const protocol::EventInfo& event);
nlohmann::ordered_json to_json(const protocol::WaitReason& reason);

/// Each record by its to_json.
template <typename Record>
nlohmann::ordered_json array_of(const std::vector<Record>& records) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Record& record : records) list.push_back(to_json(record));
  return list;
}

/// To standard output as JSON or YAML, by `output` (table counts as JSON).
void print_record(Output output, const nlohmann::ordered_json& record);

}  // namespace orch::orchctl
