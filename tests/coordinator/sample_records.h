#pragma once
// One record of each kind, every field filled, in an order that apply() accepts.

#include <vector>

#include "coordinator/record.h"

namespace orch::coordinator {

std::vector<Record> sample_records();

}  // namespace orch::coordinator
