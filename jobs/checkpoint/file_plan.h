#pragma once
// Which bytes of a checkpoint's files hold which floats of the flat buffers. Tensors that fill
// whole blocks come first, so that their bytes are page-aligned in the file as in memory and can be
// written without the page cache. Depends on the layout only. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/checkpoint/safetensors.h"
#include "jobs/model/layout.h"

namespace orch::checkpoint {

enum class Buffer : unsigned char { kParameters, kFirstMoment, kSecondMoment };

/// Floats [begin, end) of a flat buffer, at a byte of a file.
struct Extent {
  Buffer buffer = Buffer::kParameters;
  std::int64_t begin = 0, end = 0;
  std::uint64_t file_offset = 0;
};

struct FilePlan {
  std::string path;  ///< relative to the checkpoint
  SafetensorsPlan file;
  std::vector<Extent> extents;  ///< in file order, tiling the data; neighbours in both are merged
};

FilePlan plan_model_file(const model::Layout& layout);
FilePlan plan_optimizer_file(const model::Layout& layout);

/// The parts of `extents` that lie in the floats [begin, end), in file order.
std::vector<Extent> cut_extents(const std::vector<Extent>& extents, std::int64_t begin,
                                std::int64_t end);

}  // namespace orch::checkpoint
