#pragma once
// A forward pass over runs of different lengths that may continue earlier runs, with all keys and
// values kept: the base of scoring (a context and its continuations are a tree) and of generation
// (a run grows by one row). Internal to jobs/model; one object a thread.

#include <cstdint>
#include <span>
#include <vector>

#include "jobs/model/parts.h"

namespace orch::model {

class Ragged {
 public:
  /// Rows [begin, begin + rows) of this object, in order; `before` rows of its prefix stand at
  /// [prefix, prefix + before).
  struct Run {
    std::int64_t begin = 0, rows = 0;
    std::int64_t prefix = 0, before = 0;
  };

  /// Both must outlive this.
  Ragged(const Llama::Parts& parts, const float* parameters)
      : parts_(parts), parameters_(parameters) {}

  /// Forgets all runs; memory stays.
  void clear();
  /// A run that continues `parent` (a run without a parent itself; rows 0: none). May be empty.
  Run add(std::span<const std::int32_t> ids, const Run& parent);
  /// One more token at the end of the only run.
  void append(std::int32_t id);
  /// Computes all rows added since the last call.
  void compute();

  std::int64_t rows() const { return static_cast<std::int64_t>(ids_.size()); }
  /// Of the longest run with its prefix.
  std::int64_t positions() const { return positions_max_; }
  /// The normed last hidden state of a row that the last compute() computed.
  const float* hidden(std::int64_t row) const;

 private:
  void reserve(std::int64_t rows_new);
  void attend(std::size_t layer, const Run& run, std::int64_t from);

  const Llama::Parts& parts_;
  const float* parameters_;
  std::vector<Run> runs_;
  std::vector<std::int32_t> ids_, positions_, zeros_;
  std::int64_t positions_max_ = 0;
  std::int64_t done_ = 0;             // rows computed
  std::int64_t computed_from_ = 0;    // first row of the last compute()
  std::vector<AlignedBuffer> cache_;  // a layer: (rows, qkv), rotated
  AlignedBuffer x_, normed_, rstd_, attended_, lse_, gate_up_, gated_, keys_;
};

}  // namespace orch::model
