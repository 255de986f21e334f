#pragma once
// What a model is fed with: windows of tokens with document borders. No tensors here. Plain value.

#include <cstdint>
#include <vector>

namespace orch::model {

/// Shapes: each vector (windows, length).
struct Batch {
  int windows = 0, length = 0;
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> labels;         ///< the id to predict; -1: no loss
  std::vector<std::int32_t> positions;      ///< restart at each document
  std::vector<std::int32_t> segment_start;  ///< first index of the window that position t may attend to
};

}  // namespace orch::model
