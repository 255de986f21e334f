#pragma once
// Fitting a gang into the room that workers have: all ranks or none. Pure values; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/state.h"

namespace orch::coordinator {

/// What one worker can still take.
struct Room {
  std::string worker;
  int slots = 0;
  std::uint64_t memory_bytes = 0;
  std::vector<int> gpus;  ///< free device indices, rising
};

enum class Capacity : unsigned char { kFree, kTotal };
/// Of the workers that are ready, by name; `all`: also of those that are not.
std::vector<Room> rooms_of(const State& state, Capacity capacity, bool all = false);

/// How many ranks fit into a room.
int ranks_that_fit(const Room& room, const protocol::Resources& each);

/// Places between ranks.min and ranks.max ranks, as many as fit; none if min does not. Packs: the
/// smallest room that takes the whole gang, else the largest rooms first. `avoid` is used only if
/// it does not fit elsewhere.
std::optional<std::vector<Placement>> place(const std::vector<Room>& rooms,
                                            const protocol::Resources& each,
                                            const protocol::RankRange& ranks,
                                            const std::string& avoid);

/// Subtracts a placement; never below nothing.
void take(std::vector<Room>& rooms, const protocol::Resources& each,
          const std::vector<Placement>& placed);

}  // namespace orch::coordinator
