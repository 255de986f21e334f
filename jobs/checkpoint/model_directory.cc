#include "jobs/checkpoint/model_directory.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/file.h"
#include "jobs/checkpoint/safetensors.h"
#include "storage/artifact_dir.h"

namespace orch::checkpoint {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kConfigBytesMax = 1 << 20;
constexpr std::uint64_t kIndexBytesMax = 64 << 20;
constexpr char kSingle[] = "model.safetensors";
constexpr char kIndex[] = "model.safetensors.index.json";
constexpr char kOptimizer[] = "orch/optimizer.safetensors";

// Reads files of one directory, each against the manifest where there is one.
struct Directory {
  std::string path;
  std::optional<storage::Manifest> manifest;

  Result<std::string> verified(const std::string& relative) const {
    if (manifest) ORCH_TRY(storage::verify_file(path, *manifest, relative));
    return join_path(path, relative);
  }
};

Result<Directory> open_directory(const std::string& path) {
  Directory directory{path, std::nullopt};
  if (!file_exists(path)) return not_found(path + ": no such directory");
  if (storage::is_sealed(path)) {
    ORCH_ASSIGN(directory.manifest, storage::read_manifest(path));
  } else if (file_exists(join_path(path, "orch"))) {
    return corrupt(path + " is an unfinished checkpoint: it has no " + kManifestPath);
  }
  return directory;
}

Result<std::vector<std::string>> weight_files(const Directory& directory) {
  if (file_exists(join_path(directory.path, kSingle))) return std::vector<std::string>{kSingle};
  if (!file_exists(join_path(directory.path, kIndex))) {
    return not_found(directory.path + " holds neither " + kSingle + " nor " + kIndex);
  }
  ORCH_ASSIGN(const std::string path, directory.verified(kIndex));
  ORCH_ASSIGN(const std::string text, read_file(path, kIndexBytesMax));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("weight_map") || !json.at("weight_map").is_object()) {
    return corrupt(path + ": no weight_map");
  }
  std::set<std::string> files;
  for (const auto& [name, file] : json.at("weight_map").items()) {
    if (!file.is_string() || file.get<std::string>().find('/') != std::string::npos) {
      return corrupt(path + ": tensor '" + name + "' is not in a file of this directory");
    }
    files.insert(file.get<std::string>());
  }
  return std::vector<std::string>(files.begin(), files.end());
}

// Tensors that files in the field hold although they follow from others.
bool is_derived(const std::string& name, const model::Config& config) {
  return name.ends_with("rotary_emb.inv_freq") ||
         (config.tie_word_embeddings && name == "lm_head.weight");
}

Result<void> read_weights(const std::string& path, LoadedModel& loaded,
                          std::set<std::string>& seen) {
  ORCH_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  for (const TensorInfo& tensor : file.tensors()) {
    const model::Parameter* parameter = loaded.layout.find(tensor.name);
    if (parameter == nullptr) {
      if (is_derived(tensor.name, loaded.config)) continue;
      return corrupt(path + ": tensor '" + tensor.name + "' does not belong to this configuration");
    }
    if (tensor.shape != parameter->shape) {
      return corrupt(path + ": tensor '" + tensor.name + "' has shape " + shape_text(tensor.shape) +
                     ", its configuration asks for " + shape_text(parameter->shape));
    }
    if (!seen.insert(tensor.name).second) {
      return corrupt(path + ": tensor '" + tensor.name + "' is in another file as well");
    }
    ORCH_TRY(file.read_floats(
        tensor, loaded.parameters.span().subspan(static_cast<std::size_t>(parameter->offset),
                                                 static_cast<std::size_t>(parameter->size))));
  }
  return {};
}

// The part of one parameter that lies in [begin, end) of the flat buffer.
Result<void> read_slice(const SafetensorsFile& file, const std::string& name,
                        const model::Parameter& parameter, std::int64_t begin, std::int64_t end,
                        std::span<float> out) {
  const std::int64_t from = std::max(begin, parameter.offset);
  const std::int64_t to = std::min(end, parameter.offset + parameter.size);
  if (from >= to) return {};
  const TensorInfo* tensor = file.find(name);
  if (tensor == nullptr) return corrupt(file.path() + ": tensor '" + name + "' is missing");
  if (tensor->dtype != Dtype::kF32 || tensor->shape != parameter.shape) {
    return corrupt(file.path() + ": tensor '" + name + "' is " + dtype_name(tensor->dtype) + " " +
                   shape_text(tensor->shape) + ", expected F32 " + shape_text(parameter.shape));
  }
  const auto* values = file.bytes(*tensor).data() + (from - parameter.offset) * 4;
  std::copy_n(values, (to - from) * 4, reinterpret_cast<std::byte*>(out.data() + (from - begin)));
  return {};
}

}  // namespace

Result<LoadedModel> load_model(const std::string& path) {
  ORCH_ASSIGN(const Directory directory, open_directory(path));
  if (!file_exists(join_path(path, "config.json"))) {
    return not_found(path + " is not a model directory: it has no config.json");
  }
  LoadedModel loaded;
  if (directory.manifest) loaded.digest = directory.manifest->digest;
  ORCH_ASSIGN(const std::string config_path, directory.verified("config.json"));
  ORCH_ASSIGN(const std::string config, read_file(config_path, kConfigBytesMax));
  ORCH_ASSIGN(loaded.config, model::parse_config(config, config_path));
  loaded.layout = model::make_layout(loaded.config);
  ORCH_ASSIGN(const std::vector<std::string> files, weight_files(directory));
  std::uint64_t bytes = 0;
  for (const std::string& file : files) {
    ORCH_ASSIGN(const std::uint64_t size, file_size(join_path(path, file)));
    bytes += size;
  }
  // Before memory is taken: a wrong configuration must not ask for more than the files can hold (2
  // bytes a weight).
  std::int64_t weights = 0;
  for (const model::Parameter& parameter : loaded.layout.parameters) weights += parameter.size;
  if (static_cast<std::uint64_t>(weights) * 2 > bytes) {
    return corrupt(path + ": its configuration asks for " + std::to_string(weights) +
                   " weights, its files hold " + std::to_string(bytes) + " bytes");
  }
  loaded.parameters = model::AlignedBuffer(loaded.layout.total);
  std::set<std::string> seen;
  for (const std::string& file : files) {
    ORCH_ASSIGN(const std::string full, directory.verified(file));
    ORCH_TRY(read_weights(full, loaded, seen));
  }
  for (const model::Parameter& parameter : loaded.layout.parameters) {
    if (!seen.contains(parameter.name)) {
      return corrupt(path + ": tensor '" + parameter.name + "' is missing");
    }
  }
  return loaded;
}

Result<void> load_optimizer(const std::string& path, const model::Layout& layout,
                            std::int64_t block_begin, std::int64_t block_end, std::span<float> m,
                            std::span<float> v) {
  const std::int64_t begin = block_begin * model::kBlock, end = block_end * model::kBlock;
  ORCH_CHECK(m.size() == v.size() && static_cast<std::int64_t>(m.size()) == end - begin,
             "%zu floats for blocks %lld to %lld", m.size(), static_cast<long long>(block_begin),
             static_cast<long long>(block_end));
  ORCH_ASSIGN(const Directory directory, open_directory(path));
  if (!file_exists(join_path(path, kOptimizer))) {
    return not_found(path + " holds no optimizer state (" + kOptimizer + ")");
  }
  ORCH_ASSIGN(const std::string full, directory.verified(kOptimizer));
  ORCH_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(full));
  std::fill(m.begin(), m.end(), 0.0F);
  std::fill(v.begin(), v.end(), 0.0F);
  for (const model::Parameter& parameter : layout.parameters) {
    ORCH_TRY(read_slice(file, "exp_avg." + parameter.name, parameter, begin, end, m));
    ORCH_TRY(read_slice(file, "exp_avg_sq." + parameter.name, parameter, begin, end, v));
  }
  return {};
}

Result<std::string> load_text(const std::string& path, const std::string& relative_path) {
  ORCH_ASSIGN(const Directory directory, open_directory(path));
  if (!file_exists(join_path(path, relative_path))) {
    return not_found(path + " holds no " + relative_path);
  }
  ORCH_ASSIGN(const std::string full, directory.verified(relative_path));
  return read_file(full);
}

}  // namespace orch::checkpoint
