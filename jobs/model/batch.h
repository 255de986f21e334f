#pragma once
// Token windows as the model takes them; filled by jobs/data, read by jobs/model. Plain values.

#include <cstdint>
#include <vector>

namespace orch::model {

/// All vectors are (windows, length), row-major.
struct Batch {
  int windows = 0;
  int length = 0;
  std::vector<std::int32_t> ids;        ///< in [0, vocabulary)
  std::vector<std::int32_t> labels;     ///< the token to predict at this position, -1: no loss here
  std::vector<std::int32_t> positions;  ///< for RoPE; restart at each document
  std::vector<std::int32_t>
      segment_start;  ///< first index of the window that t attends to, in [0, t]

  /// Sizes all vectors for (windows, length): ids and positions 0, labels -1, segment_start 0.
  void resize(int windows_new, int length_new) {
    windows = windows_new;
    length = length_new;
    const auto n = static_cast<std::size_t>(windows) * static_cast<std::size_t>(length);
    ids.assign(n, 0);
    labels.assign(n, -1);
    positions.assign(n, 0);
    segment_start.assign(n, 0);
  }
};

}  // namespace orch::model
