#pragma once
// safetensors: 8 bytes of header length, a JSON header, tensors. The reader maps the file and
// trusts nothing in it; the writer's layout is known before a byte is written, so ranks can write
// their parts of one file. Format: huggingface/safetensors README. Thread: a reader is immutable
// after open.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace orch::checkpoint {

enum class Dtype : unsigned char { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };
const char* dtype_name(Dtype dtype);
std::int64_t dtype_size_bytes(Dtype dtype);

struct TensorInfo {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< bytes, from the end of the header
  std::int64_t elements() const;
};

/// "[2, 3]" for messages.
std::string shape_text(std::span<const std::int64_t> shape);

class SafetensorsFile {
 public:
  /// Errors: kCorrupt with file and tensor: too short, header too long or not JSON, unknown dtype,
  /// sizes that overflow or do not fit shape and dtype, tensors that overlap, leave gaps or end
  /// beside the file's end, duplicate names.
  static Result<SafetensorsFile> open(const std::string& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  const std::string& path() const;
  const std::vector<TensorInfo>& tensors() const;  ///< sorted by name
  const std::map<std::string, std::string>& metadata() const;
  const TensorInfo* find(const std::string& name) const;
  std::span<const std::byte> bytes(const TensorInfo& tensor) const;
  /// Converts F64, F32, F16 and BF16 to fp32. Errors: kInvalid for other types, kCorrupt for a
  /// wrong element count.
  Result<void> read_floats(const TensorInfo& tensor, std::span<float> out) const;

 private:
  SafetensorsFile();
  struct State;
  std::unique_ptr<State> state_;
};

/// Where the bytes of a file to be written go.
struct SafetensorsPlan {
  std::string
      header;  ///< with its length prefix; a multiple of 4096 bytes, so that data is aligned
  std::vector<TensorInfo> tensors;  ///< as given; begin/end filled, in the given order
  std::uint64_t size_bytes = 0;     ///< of the whole file
};
SafetensorsPlan plan_safetensors(std::vector<TensorInfo> tensors,
                                 const std::map<std::string, std::string>& metadata);

/// A named fp32 tensor in memory.
struct FloatTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};
/// Writes a temporary file, fsyncs, renames. Errors: as base/file.h.
Result<void> write_safetensors(const std::string& path, std::span<const FloatTensor> tensors,
                               const std::map<std::string, std::string>& metadata);

}  // namespace orch::checkpoint
