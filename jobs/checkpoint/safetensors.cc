#include "jobs/checkpoint/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"

namespace orch::checkpoint {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kHeaderBytesMax = 100'000'000;  // the format's own limit
constexpr std::size_t kTensorsMax = 1'000'000;
constexpr std::size_t kNameBytesMax = 1024;
constexpr std::size_t kRankMax = 16;
constexpr std::size_t kAlignment = 4096;

struct DtypeRow {
  Dtype dtype;
  const char* name;
  std::int64_t size_bytes;
};
constexpr DtypeRow kDtypes[] = {{Dtype::kF64, "F64", 8}, {Dtype::kF32, "F32", 4},
                                {Dtype::kF16, "F16", 2}, {Dtype::kBF16, "BF16", 2},
                                {Dtype::kI64, "I64", 8}, {Dtype::kI32, "I32", 4},
                                {Dtype::kI16, "I16", 2}, {Dtype::kI8, "I8", 1},
                                {Dtype::kU8, "U8", 1},   {Dtype::kBool, "BOOL", 1}};

float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half >> 15) << 31;
  const std::uint32_t exponent = (half >> 10) & 31U, fraction = half & 1023U;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | (fraction << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float small = static_cast<float>(fraction) * 0x1.0p-24F;
  return sign != 0 ? -small : small;
}

template <typename From, typename Convert>
void convert(const std::byte* bytes, std::span<float> out, Convert to_float) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    From value;
    std::memcpy(&value, bytes + i * sizeof(From), sizeof(From));
    out[i] = to_float(value);
  }
}

// What is wrong with one entry of the header, or nothing.
std::string parse_tensor(const Json& json, TensorInfo& tensor) {
  if (!json.is_object()) return "is not an object";
  if (!json.contains("dtype") || !json.at("dtype").is_string()) return "has no dtype";
  const std::string dtype = json.at("dtype").get<std::string>();
  const auto* row = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                 [&](const DtypeRow& r) { return dtype == r.name; });
  if (row == std::end(kDtypes)) return "has unknown dtype '" + dtype.substr(0, 32) + "'";
  tensor.dtype = row->dtype;
  if (!json.contains("shape") || !json.at("shape").is_array()) return "has no shape";
  if (json.at("shape").size() > kRankMax) return "has too many dimensions";
  std::uint64_t bytes = static_cast<std::uint64_t>(row->size_bytes);
  for (const Json& extent : json.at("shape")) {
    if (!extent.is_number_unsigned()) return "has a dimension that is not a whole number";
    const std::uint64_t n = extent.get<std::uint64_t>();
    if (n > INT64_MAX || __builtin_mul_overflow(bytes, n, &bytes) || bytes > INT64_MAX) {
      return "has a shape whose size overflows";
    }
    tensor.shape.push_back(static_cast<std::int64_t>(n));
  }
  if (!json.contains("data_offsets") || !json.at("data_offsets").is_array() ||
      json.at("data_offsets").size() != 2 || !json.at("data_offsets")[0].is_number_unsigned() ||
      !json.at("data_offsets")[1].is_number_unsigned()) {
    return "has no data_offsets [begin, end]";
  }
  tensor.begin = json.at("data_offsets")[0].get<std::uint64_t>();
  tensor.end = json.at("data_offsets")[1].get<std::uint64_t>();
  if (tensor.begin > tensor.end) return "ends before it begins";
  if (tensor.end - tensor.begin != bytes) {
    return "holds " + std::to_string(tensor.end - tensor.begin) + " bytes, " + dtype + " " +
           shape_text(tensor.shape) + " needs " + std::to_string(bytes);
  }
  return "";
}

Json parse_header(std::string_view text, std::string& problem) {
  std::set<std::string> names;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > 3) {
      problem = "the header is nested too deeply";
      return false;
    }
    if (event == Json::parse_event_t::key && depth == 1 && problem.empty()) {
      const std::string name = parsed.get<std::string>();
      if (!names.insert(name).second)
        problem = "tensor '" + name.substr(0, 200) + "' is there twice";
    }
    return true;
  };
  Json header = Json::parse(text, callback, /*allow_exceptions=*/false);
  if (problem.empty() && !header.is_object()) problem = "the header is not a JSON object";
  return header;
}

}  // namespace

const char* dtype_name(Dtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)].name; }
std::int64_t dtype_size_bytes(Dtype dtype) {
  return kDtypes[static_cast<std::size_t>(dtype)].size_bytes;
}

std::int64_t TensorInfo::elements() const {
  return static_cast<std::int64_t>(end - begin) / dtype_size_bytes(dtype);
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

struct SafetensorsFile::State {
  std::string path;
  const std::byte* mapping = nullptr;
  std::size_t mapping_bytes = 0;
  const std::byte* data = nullptr;
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;

  ~State() {
    if (mapping != nullptr) ::munmap(const_cast<std::byte*>(mapping), mapping_bytes);
  }

  Error bad(const std::string& what) const { return corrupt(path + ": " + what); }

  Result<void> map() {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return system_error("cannot open " + path, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return system_error("cannot stat " + path, errno);
    if (!S_ISREG(status.st_mode)) return invalid(path + " is not a regular file");
    mapping_bytes = static_cast<std::size_t>(status.st_size);
    if (mapping_bytes < 10)
      return bad("too short for safetensors (" + std::to_string(mapping_bytes) + " bytes)");
    void* memory = ::mmap(nullptr, mapping_bytes, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (memory == MAP_FAILED) return system_error("cannot map " + path, errno);
    mapping = static_cast<const std::byte*>(memory);
    return {};
  }

  Result<void> parse() {
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, mapping, 8);
    if (header_bytes > kHeaderBytesMax || header_bytes > mapping_bytes - 8) {
      return bad("header of " + std::to_string(header_bytes) + " bytes does not fit a file of " +
                 std::to_string(mapping_bytes) + " (truncated, or not safetensors)");
    }
    const std::string_view text(reinterpret_cast<const char*>(mapping) + 8,
                                static_cast<std::size_t>(header_bytes));
    std::string problem;
    const Json header = parse_header(text, problem);
    if (!problem.empty()) return bad(problem);
    if (header.size() > kTensorsMax) return bad("too many tensors");
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        ORCH_TRY(parse_metadata(entry));
        continue;
      }
      if (name.size() > kNameBytesMax)
        return bad("a tensor name of " + std::to_string(name.size()) + " bytes");
      TensorInfo tensor;
      tensor.name = name;
      if (const std::string wrong = parse_tensor(entry, tensor); !wrong.empty()) {
        return bad("tensor '" + name + "' " + wrong);
      }
      tensors.push_back(std::move(tensor));
    }
    data = mapping + 8 + header_bytes;
    return check_tiling(mapping_bytes - 8 - header_bytes);
  }

  Result<void> parse_metadata(const Json& entry) {
    if (!entry.is_object()) return bad("__metadata__ is not an object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) return bad("__metadata__ holds something other than text");
      metadata[key] = value.get<std::string>();
    }
    return {};
  }

  Result<void> check_tiling(std::uint64_t data_bytes) {
    std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    std::uint64_t end = 0;
    for (const TensorInfo& tensor : tensors) {
      if (tensor.end > data_bytes) {
        return bad("tensor '" + tensor.name + "' ends at byte " + std::to_string(tensor.end) +
                   " of " + std::to_string(data_bytes) + " (truncated?)");
      }
      if (tensor.begin != end) {
        return bad("tensor '" + tensor.name + "' begins at byte " + std::to_string(tensor.begin) +
                   (tensor.begin < end ? ", inside the one before it" : ", after a gap"));
      }
      end = tensor.end;
    }
    if (end != data_bytes) {
      return bad(std::to_string(data_bytes - end) + " bytes after the last tensor");
    }
    std::sort(tensors.begin(), tensors.end(),
              [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
    return {};
  }
};

SafetensorsFile::SafetensorsFile() : state_(std::make_unique<State>()) {}
SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  SafetensorsFile file;
  file.state_->path = path;
  ORCH_TRY(file.state_->map());
  ORCH_TRY(file.state_->parse());
  return file;
}

const std::string& SafetensorsFile::path() const { return state_->path; }
const std::vector<TensorInfo>& SafetensorsFile::tensors() const { return state_->tensors; }
const std::map<std::string, std::string>& SafetensorsFile::metadata() const {
  return state_->metadata;
}

const TensorInfo* SafetensorsFile::find(const std::string& name) const {
  const auto at =
      std::lower_bound(state_->tensors.begin(), state_->tensors.end(), name,
                       [](const TensorInfo& t, const std::string& n) { return t.name < n; });
  return at != state_->tensors.end() && at->name == name ? &*at : nullptr;
}

std::span<const std::byte> SafetensorsFile::bytes(const TensorInfo& tensor) const {
  return {state_->data + tensor.begin, static_cast<std::size_t>(tensor.end - tensor.begin)};
}

Result<void> SafetensorsFile::read_floats(const TensorInfo& tensor, std::span<float> out) const {
  if (tensor.elements() != static_cast<std::int64_t>(out.size())) {
    return state_->bad("tensor '" + tensor.name + "' has " + std::to_string(tensor.elements()) +
                       " elements, expected " + std::to_string(out.size()));
  }
  const std::byte* from = bytes(tensor).data();
  switch (tensor.dtype) {
    case Dtype::kF32:
      std::memcpy(out.data(), from, out.size_bytes());
      return {};
    case Dtype::kF64:
      convert<double>(from, out, [](double x) { return static_cast<float>(x); });
      return {};
    case Dtype::kF16:
      convert<std::uint16_t>(from, out, from_half);
      return {};
    case Dtype::kBF16:
      convert<std::uint16_t>(from, out, [](std::uint16_t x) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
      });
      return {};
    default:
      return invalid(state_->path + ": tensor '" + tensor.name + "' has dtype " +
                     dtype_name(tensor.dtype) + ", a floating-point type was expected");
  }
}

SafetensorsPlan plan_safetensors(std::vector<TensorInfo> tensors,
                                 const std::map<std::string, std::string>& metadata) {
  SafetensorsPlan plan;
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t end = 0;
  for (TensorInfo& tensor : tensors) {
    std::uint64_t bytes = static_cast<std::uint64_t>(dtype_size_bytes(tensor.dtype));
    for (const std::int64_t extent : tensor.shape) bytes *= static_cast<std::uint64_t>(extent);
    tensor.begin = end;
    tensor.end = end += bytes;
    header[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {tensor.begin, tensor.end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 8 + kAlignment - 1) / kAlignment * kAlignment - 8, ' ');
  const std::uint64_t length = text.size();
  plan.header.assign(reinterpret_cast<const char*>(&length), 8);
  plan.header += text;
  plan.tensors = std::move(tensors);
  plan.size_bytes = plan.header.size() + end;
  return plan;
}

Result<void> write_safetensors(const std::string& path, std::span<const FloatTensor> tensors,
                               const std::map<std::string, std::string>& metadata) {
  std::vector<TensorInfo> infos;
  for (const FloatTensor& tensor : tensors) {
    infos.push_back({tensor.name, Dtype::kF32, tensor.shape, 0, 0});
  }
  const SafetensorsPlan plan = plan_safetensors(std::move(infos), metadata);
  const std::string temporary = path + ".tmp";
  FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return system_error("cannot create " + temporary, errno);
  Result<void> written = write_all(fd.get(), plan.header.data(), plan.header.size(), temporary);
  for (const FloatTensor& tensor : tensors) {
    if (!written.ok()) break;
    written = write_all(fd.get(), tensor.values.data(), tensor.values.size_bytes(), temporary);
  }
  if (written.ok() && ::fsync(fd.get()) != 0)
    written = system_error("cannot fsync " + temporary, errno);
  fd.reset();
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = system_error("cannot rename " + temporary + " to " + path, errno);
  }
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  const std::size_t slash = path.rfind('/');
  return sync_directory(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace orch::checkpoint
