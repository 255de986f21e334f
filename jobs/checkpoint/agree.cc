#include "jobs/checkpoint/agree.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace orch::checkpoint {
namespace {

struct Vote {
  std::int32_t ok = 1;
  std::int32_t code = 0;
  char message[496] = {};
};
static_assert(std::is_trivially_copyable_v<Vote>);

}  // namespace

Result<void> agree(parallel::Comm& comm, const Result<void>& mine) {
  if (comm.size() == 1) return mine;
  Vote vote;
  if (!mine.ok()) {
    vote.ok = 0;
    vote.code = static_cast<std::int32_t>(mine.error().code);
    const std::string& text = mine.error().message;
    std::memcpy(vote.message, text.data(), std::min(text.size(), sizeof(vote.message) - 1));
  }
  std::vector<Vote> votes(static_cast<std::size_t>(comm.size()));
  ORCH_TRY(comm.all_gather(std::as_bytes(std::span(&vote, 1)),
                           std::as_writable_bytes(std::span(votes))));
  if (!mine.ok()) return mine;
  for (std::size_t rank = 0; rank < votes.size(); ++rank) {
    if (votes[rank].ok != 0) continue;
    const std::string text(votes[rank].message);
    return Error{static_cast<Code>(votes[rank].code), "rank " + std::to_string(rank) + ": " + text};
  }
  return {};
}

}  // namespace orch::checkpoint
