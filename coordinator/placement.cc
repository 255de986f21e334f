#include "coordinator/placement.h"

#include <algorithm>
#include <climits>

namespace orch::coordinator {
namespace {

std::optional<std::vector<Placement>> pack(const std::vector<Room>& rooms,
                                           const protocol::Resources& each,
                                           const protocol::RankRange& ranks,
                                           const std::string& avoid) {
  struct Offer {
    const Room* room;
    int fit;
  };
  std::vector<Offer> offers;
  for (const Room& room : rooms) {
    const int fit = room.worker == avoid ? 0 : ranks_that_fit(room, each);
    if (fit > 0) offers.push_back({&room, fit});
  }
  std::stable_sort(offers.begin(), offers.end(),
                   [](const Offer& a, const Offer& b) { return a.fit > b.fit; });
  // The last that still takes the whole gang is the tightest.
  const auto whole = std::find_if(offers.rbegin(), offers.rend(),
                                  [&](const Offer& offer) { return offer.fit >= ranks.max; });
  if (whole != offers.rend()) offers = {*whole};
  std::vector<Placement> placed;
  for (const Offer& offer : offers) {
    auto gpu = offer.room->gpus.begin();
    for (int i = 0; i < offer.fit && static_cast<int>(placed.size()) < ranks.max; ++i) {
      Placement rank;
      rank.worker = offer.room->worker;
      rank.gpus.assign(gpu, gpu + each.gpu);
      gpu += each.gpu;
      placed.push_back(std::move(rank));
    }
  }
  if (static_cast<int>(placed.size()) < ranks.min) return std::nullopt;
  return placed;
}

}  // namespace

std::vector<Room> rooms_of(const State& state, Capacity capacity, bool all) {
  std::vector<Room> rooms;
  for (const auto& [name, worker] : state.workers) {
    if (!all && !is_ready(state, name)) continue;
    Room room{name, worker.slots, worker.memory_bytes, {}};
    const bool free = capacity == Capacity::kFree;
    if (free) {
      room.slots = std::max(0, room.slots - worker.slots_used);
      room.memory_bytes -= std::min(room.memory_bytes, worker.memory_used);
    }
    for (int i = 0; i < static_cast<int>(worker.gpus.size()); ++i) {
      if (!free || worker.gpus_used.count(i) == 0) room.gpus.push_back(i);
    }
    rooms.push_back(std::move(room));
  }
  return rooms;
}

int ranks_that_fit(const Room& room, const protocol::Resources& each) {
  int fit = each.cpu > 0 ? room.slots / each.cpu : INT_MAX;
  if (each.gpu > 0) fit = std::min(fit, static_cast<int>(room.gpus.size()) / each.gpu);
  if (each.memory_bytes > 0) {
    const std::uint64_t by_memory = room.memory_bytes / each.memory_bytes;
    fit = static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(fit), by_memory));
  }
  return fit;
}

std::optional<std::vector<Placement>> place(const std::vector<Room>& rooms,
                                            const protocol::Resources& each,
                                            const protocol::RankRange& ranks,
                                            const std::string& avoid) {
  if (!avoid.empty()) {
    if (auto placed = pack(rooms, each, ranks, avoid)) return placed;
  }
  return pack(rooms, each, ranks, "");
}

void take(std::vector<Room>& rooms, const protocol::Resources& each,
          const std::vector<Placement>& placed) {
  for (const Placement& rank : placed) {
    const auto room = std::find_if(rooms.begin(), rooms.end(),
                                   [&](const Room& r) { return r.worker == rank.worker; });
    if (room == rooms.end()) continue;
    room->slots = std::max(0, room->slots - each.cpu);
    room->memory_bytes -= std::min(room->memory_bytes, each.memory_bytes);
    for (const int gpu : rank.gpus) std::erase(room->gpus, gpu);
  }
}

}  // namespace orch::coordinator
