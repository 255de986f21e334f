#pragma once
// Plain structs (messages.h) ↔ Cap'n Proto bytes (*.capnp beside this file). The border: decode_*()
// validates tag, enums, ids, lengths and list sizes against base/limits.h; kj exceptions stop here.
// Pure; any thread. Errors of every decode: kCorrupt with what was wrong. Never crashes, whatever
// the bytes.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/messages.h"

namespace orch::protocol {

/// A client numbers its requests; the reply carries the same number.
struct NumberedRequest {
  std::uint64_t number = 0;
  ClientRequest request;
};
struct NumberedReply {
  std::uint64_t number = 0;
  ClientReply reply;
};

std::string encode(const NumberedRequest& message);
/// A reply that is too large for one message goes out as an ErrorReply that says so.
std::string encode(const NumberedReply& message);
std::string encode(const WorkerMessage& message);
std::string encode(const CoordinatorMessage& message);
std::string encode(const ToRank& message);
std::string encode(const FromRank& message);

Result<NumberedRequest> decode_client_request(std::string_view bytes);
Result<NumberedReply> decode_client_reply(std::string_view bytes);
Result<WorkerMessage> decode_worker_message(std::string_view bytes);
Result<CoordinatorMessage> decode_coordinator_message(std::string_view bytes);
Result<ToRank> decode_to_rank(std::string_view bytes);
Result<FromRank> decode_from_rank(std::string_view bytes);

}  // namespace orch::protocol
