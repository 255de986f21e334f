#include "jobs/checkpoint/logits_file.h"

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/file.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/checkpoint/safetensors.h"
#include "jobs/model/inference.h"
#include "kernels/ops.h"

namespace orch::checkpoint {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kIdsBytesMax = 64 << 20;

Result<std::vector<std::vector<std::int32_t>>> read_ids(const std::string& path) {
  ORCH_ASSIGN(const std::string text, read_file(path, kIdsBytesMax));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array() || json.empty())
    return invalid(path + ": expected a JSON list of lists of token ids");
  std::vector<std::vector<std::int32_t>> sequences;
  for (const Json& row : json) {
    const std::string where = path + ": sequence " + std::to_string(sequences.size());
    if (!row.is_array()) return invalid(where + " is not a list of token ids");
    std::vector<std::int32_t> ids;
    for (const Json& id : row) {
      if (!id.is_number_unsigned() ||
          id.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max()) {
        return invalid(where + ": " +
                       id.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 40) +
                       " is not a token id");
      }
      ids.push_back(id.get<std::int32_t>());
    }
    sequences.push_back(std::move(ids));
  }
  return sequences;
}

}  // namespace

Result<void> write_logits(const std::string& model_directory, const std::string& ids_path,
                          const std::string& output_path) {
  ORCH_ASSIGN(const auto sequences, read_ids(ids_path));
  ORCH_ASSIGN(const LoadedModel loaded, load_model(model_directory));
  model::single_threaded_math();
  ORCH_ASSIGN(const model::Llama llama, model::Llama::create(loaded.config, kernels::cpu_ops()));
  model::Inference inference(llama, loaded.parameters.span());
  std::vector<std::vector<float>> logits;
  std::vector<FloatTensor> tensors;
  for (const std::vector<std::int32_t>& ids : sequences) {
    Result<std::vector<float>> result = inference.logits(ids);
    if (!result.ok()) {
      return invalid(ids_path + ": sequence " + std::to_string(logits.size()) + ": " +
                     result.error().message);
    }
    logits.push_back(std::move(result).value());
  }
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const auto positions = static_cast<std::int64_t>(sequences[i].size());
    tensors.push_back(
        {"logits." + std::to_string(i), {positions, loaded.config.vocab_size}, logits[i]});
  }
  return write_safetensors(output_path, tensors, {});
}

}  // namespace orch::checkpoint
