#include "jobs/checkpoint/file_plan.h"

#include <algorithm>

namespace orch::checkpoint {
namespace {

struct Section {
  Buffer buffer;
  std::string prefix;
};

FilePlan plan_file(std::string path, const model::Layout& layout,
                   const std::vector<Section>& sections,
                   const std::map<std::string, std::string>& metadata) {
  std::vector<TensorInfo> tensors;
  std::vector<Extent> extents;
  for (const Section& section : sections) {
    for (const bool whole_blocks : {true, false}) {
      for (const model::Parameter& p : layout.parameters) {
        if ((p.size % model::kBlock == 0) != whole_blocks) continue;
        tensors.push_back({section.prefix + p.name, Dtype::kF32, p.shape, 0, 0});
        extents.push_back({section.buffer, p.offset, p.offset + p.size, 0});
      }
    }
  }
  FilePlan plan{std::move(path), plan_safetensors(std::move(tensors), metadata), {}};
  for (std::size_t i = 0; i < extents.size(); ++i) {
    Extent extent = extents[i];
    extent.file_offset = plan.file.header.size() + plan.file.tensors[i].begin;
    if (!plan.extents.empty() && plan.extents.back().buffer == extent.buffer &&
        plan.extents.back().end == extent.begin) {
      plan.extents.back().end = extent.end;
    } else {
      plan.extents.push_back(extent);
    }
  }
  return plan;
}

}  // namespace

FilePlan plan_model_file(const model::Layout& layout) {
  return plan_file("model.safetensors", layout, {{Buffer::kParameters, ""}}, {{"format", "pt"}});
}

FilePlan plan_optimizer_file(const model::Layout& layout) {
  return plan_file("orch/optimizer.safetensors", layout,
                   {{Buffer::kFirstMoment, "exp_avg."}, {Buffer::kSecondMoment, "exp_avg_sq."}},
                   {{"format", "pt"}, {"optimizer", "adamw"}});
}

std::vector<Extent> cut_extents(const std::vector<Extent>& extents, std::int64_t begin,
                                std::int64_t end) {
  std::vector<Extent> cut;
  for (const Extent& extent : extents) {
    const std::int64_t from = std::max(begin, extent.begin), to = std::min(end, extent.end);
    if (from >= to) continue;
    const auto skipped = static_cast<std::uint64_t>(from - extent.begin) * sizeof(float);
    cut.push_back({extent.buffer, from, to, extent.file_offset + skipped});
  }
  return cut;
}

}  // namespace orch::checkpoint
