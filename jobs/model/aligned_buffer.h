#pragma once
// A 64-byte aligned array of floats, zeroed at allocation. Products of MKL have the same bits only
// at the same alignment, so every tensor buffer of the engine is one of these. Move only; one
// owner.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "base/check.h"

namespace orch::model {

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::int64_t floats) : size_(floats) {
    const std::size_t bytes =
        (static_cast<std::size_t>(floats) * sizeof(float) + 4095) / 4096 * 4096;
    void* memory = std::aligned_alloc(4096, bytes == 0 ? 4096 : bytes);
    ORCH_CHECK(memory != nullptr, "no memory for %lld floats", static_cast<long long>(floats));
    std::memset(memory, 0, bytes);
    data_.reset(static_cast<float*>(memory));
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::int64_t size() const { return size_; }
  std::span<float> span() { return {data_.get(), static_cast<std::size_t>(size_)}; }
  std::span<const float> span() const { return {data_.get(), static_cast<std::size_t>(size_)}; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> data_;
  std::int64_t size_ = 0;
};

}  // namespace orch::model
