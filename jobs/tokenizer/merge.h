#pragma once
// One merge of a byte-pair encoding; what it is worth is its place in a list, the rank.

#include <cstdint>
#include <vector>

#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

/// What a pair of ids becomes.
struct Merge {
  std::int32_t left = 0, right = 0, merged = 0;
};

using MergeList = std::vector<Merge, PageAllocator<Merge>>;

}  // namespace orch::tokenizer
