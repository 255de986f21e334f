#pragma once
// One message of each kind with every field set, for round trips, fuzzing and recorded wire forms.

#include <string>
#include <vector>

#include "protocol/codec.h"

namespace orch::protocol {

std::vector<NumberedRequest> sample_requests();
std::vector<NumberedReply> sample_replies();
std::vector<WorkerMessage> sample_worker_messages();
std::vector<CoordinatorMessage> sample_coordinator_messages();
std::vector<ToRank> sample_to_rank();
std::vector<FromRank> sample_from_rank();

/// Each encoded, with a name for its decoder: "client_request", "client_reply", "worker",
/// "coordinator", "to_rank", "from_rank".
struct EncodedSample {
  std::string conversation;
  std::string bytes;
};
std::vector<EncodedSample> encoded_samples();

/// Decodes by the conversation and encodes again; the error if it was refused.
Result<std::string> recode(const std::string& conversation, std::string_view bytes);

}  // namespace orch::protocol
