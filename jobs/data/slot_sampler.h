#pragma once
// Which tokens a slot holds: f(seed, slot), nothing else. A slot is one window from one source.
// Documents are packed into windows within fixed groups of kGroupDocuments, whole where they fit
// (best-fit decreasing); each window is used once an epoch, in an order that is a permutation per
// source and epoch. Any slot is found without looking at others. Thread: any, after creation.
// Lifetime: the dataset outlives it.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "jobs/data/dataset.h"
#include "jobs/data/mixture.h"
#include "jobs/model/batch.h"

namespace orch::data {

/// Packing is decided within groups of so many consecutive documents; part of the format of a run.
inline constexpr std::uint64_t kGroupDocuments = 256;

/// Where a slot's tokens come from.
struct Provenance {
  std::string source;
  std::uint64_t epoch = 0, window = 0;
  std::vector<std::uint64_t> documents;  ///< indices in the source
  /// "medical: epoch 2, window 17 (documents 301, 305)"
  std::string text() const;
};

class SlotSampler {
 public:
  /// `weights`: source → integer weight > 0, sum ≤ 65,536.
  /// Errors: kInvalid: unknown, repeated or empty source, bad weights or length.
  static Result<std::unique_ptr<SlotSampler>> create(
      const Dataset& dataset, const std::vector<std::pair<std::string, std::uint32_t>>& weights,
      std::uint64_t seed, int window_length);
  ~SlotSampler();

  /// Overwrites `batch` with slots [first_slot, first_slot + count). Any slot below 2⁶³ costs the
  /// same.
  void fill(std::uint64_t first_slot, int count, model::Batch& batch) const;
  Provenance provenance(std::uint64_t slot) const;
  /// Windows of one epoch of the source of that index in `weights`.
  std::uint64_t windows(std::size_t source) const;
  /// Share of positions that carry a loss, over one epoch of each source by weight.
  double fill_ratio() const;

 private:
  struct State;
  explicit SlotSampler(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orch::data
