#include "tests/kernels/all_forms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/random.h"

namespace orch::kernels {

namespace {

constexpr std::size_t kGuard = 24;
constexpr float kGuardValue = -12345.5F;

template <typename T>
void expect_close(const std::vector<T>& form, const std::vector<T>& reference, double tolerance,
                  const std::string& what) {
  ASSERT_EQ(form.size(), reference.size());
  int shown = 0;
  for (std::size_t i = 0; i < form.size() && shown < 3; ++i) {
    const auto a = static_cast<double>(form[i]);
    const auto b = static_cast<double>(reference[i]);
    if (std::isnan(b) && std::isnan(a)) continue;
    if (a == b || std::abs(a - b) <= tolerance * (1.0 + std::abs(b))) continue;
    ADD_FAILURE() << what << "[" << i << "] is " << a << ", reference " << b;
    ++shown;
  }
}

void expect_arrays_close(const Arrays& form, const Arrays& reference, double tolerance,
                         const std::string& what) {
  for (std::size_t k = 0; k < form.f.size(); ++k) {
    expect_close(form.f[k], reference.f[k], tolerance, what + " array " + std::to_string(k));
  }
  expect_close(form.bytes, reference.bytes, 0.0, what + " bytes");
  EXPECT_NEAR(form.number, reference.number, tolerance * (1.0 + std::abs(reference.number)))
      << what;
}

void expect_arrays_same(const Arrays& a, const Arrays& b, const std::string& what) {
  for (std::size_t k = 0; k < a.f.size(); ++k) {
    expect_same_bits(a.f[k], b.f[k], what + " array " + std::to_string(k));
  }
  EXPECT_EQ(a.bytes, b.bytes) << what;
  EXPECT_EQ(std::memcmp(&a.number, &b.number, sizeof a.number), 0)
      << what << ": " << a.number << " and " << b.number;
}

/// Device copies of the arrays, for one call.
class DeviceArrays {
 public:
  explicit DeviceArrays(const CudaTable& cuda) : cuda_(cuda) {}
  ~DeviceArrays() {
    for (void* memory : memory_) cuda_.release(memory);
  }
  DeviceArrays(const DeviceArrays&) = delete;
  DeviceArrays& operator=(const DeviceArrays&) = delete;

  template <typename T>
  T* put(const T* from, std::size_t n) {
    void* to = cuda_.allocate(std::max<std::size_t>(1, n) * sizeof(T));
    EXPECT_NE(to, nullptr) << cuda_.failure();
    memory_.push_back(to);
    EXPECT_TRUE(cuda_.copy(to, from, n * sizeof(T), nullptr));
    return static_cast<T*>(to);
  }

 private:
  const CudaTable& cuda_;
  std::vector<void*> memory_;
};

Arrays run_cuda(const CudaTable& cuda, const Arrays& arrays, const Call& call) {
  Arrays result = arrays;
  DeviceArrays device(cuda);
  Pointers p;
  for (const auto& array : arrays.f) p.f.push_back(device.put(array.data(), array.size()));
  for (const auto& array : arrays.i) p.i.push_back(device.put(array.data(), array.size()));
  p.bytes = device.put(arrays.bytes.data(), arrays.bytes.size());
  p.number = device.put(&arrays.number, 1);
  call(cuda.ops, p);
  EXPECT_TRUE(cuda.synchronise(nullptr));
  const char* failure = cuda.failure();
  EXPECT_EQ(failure, nullptr) << failure;
  for (std::size_t k = 0; k < result.f.size(); ++k) {
    cuda.copy(result.f[k].data(), p.f[k], result.f[k].size() * sizeof(float), nullptr);
  }
  cuda.copy(result.bytes.data(), p.bytes, result.bytes.size(), nullptr);
  cuda.copy(&result.number, p.number, sizeof(double), nullptr);
  return result;
}

SeededRandom& generator() {
  static SeededRandom random(20240817);
  return random;
}

}  // namespace

Arrays run_cpu(const Ops& ops, const Arrays& arrays, const Call& call, std::size_t shift) {
  Arrays result = arrays;
  std::vector<std::vector<float>> guarded;
  Pointers p;
  for (const auto& array : arrays.f) {
    std::vector<float> copy(shift, kGuardValue);
    copy.insert(copy.end(), array.begin(), array.end());
    copy.insert(copy.end(), kGuard, kGuardValue);
    guarded.push_back(std::move(copy));
    p.f.push_back(guarded.back().data() + shift);
  }
  for (auto& array : result.i) p.i.push_back(array.data());
  p.bytes = result.bytes.data();
  p.number = &result.number;
  call(ops, p);
  for (std::size_t k = 0; k < guarded.size(); ++k) {
    const auto begin = guarded[k].begin() + static_cast<std::ptrdiff_t>(shift);
    const auto end = guarded[k].end() - static_cast<std::ptrdiff_t>(kGuard);
    const auto outside = [](float x) { return x != kGuardValue; };
    EXPECT_TRUE(std::none_of(guarded[k].begin(), begin, outside) &&
                std::none_of(end, guarded[k].end(), outside))
        << ops.name << " wrote outside array " << k;
    result.f[k].assign(begin, end);
  }
  return result;
}

Arrays run_reference(const Arrays& arrays, const Call& call) {
  return run_cpu(reference_ops(), arrays, call);
}

void expect_all_forms(const Arrays& arrays, double tolerance, const Call& call) {
  const Arrays reference = run_reference(arrays, call);
  int count = 0;
  const Ops* const* forms = cpu_forms(&count);
  const Arrays fastest = run_cpu(*forms[0], arrays, call);
  expect_arrays_close(fastest, reference, tolerance, forms[0]->name);
  for (int k = 0; k < count; ++k) {
    const std::string name = forms[k]->name;
    expect_arrays_same(run_cpu(*forms[k], arrays, call), fastest, name + " and the fastest form");
    expect_arrays_same(run_cpu(*forms[k], arrays, call, 1), fastest, name + ", shifted");
  }
  if (const CudaTable* cuda = cuda_or_skip(); cuda != nullptr) {
    const Arrays first = run_cuda(*cuda, arrays, call);
    expect_arrays_close(first, reference, tolerance, "cuda");
    expect_arrays_same(run_cuda(*cuda, arrays, call), first, "cuda, twice");
  }
}

void expect_same_bits(const std::vector<float>& a, const std::vector<float>& b,
                      const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) == 0) continue;
    ADD_FAILURE() << what << ": element " << i << " of " << a.size() << " is " << a[i] << " and "
                  << b[i];
    return;
  }
}

std::vector<float> random_floats(std::int64_t n, float spread) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) {
    value = static_cast<float>((generator().uniform() * 2.0 - 1.0) * spread);
  }
  return values;
}

std::vector<std::int32_t> random_integers(std::int64_t n, std::int32_t low, std::int32_t high) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(n));
  for (std::int32_t& value : values) {
    value =
        low + static_cast<std::int32_t>(generator().below(static_cast<std::uint64_t>(high - low)));
  }
  return values;
}

std::vector<float> poison(std::int64_t n) {
  return std::vector<float>(static_cast<std::size_t>(n), std::numeric_limits<float>::quiet_NaN());
}

std::vector<std::int32_t> random_segments(std::int64_t windows, std::int64_t length) {
  std::vector<std::int32_t> starts;
  for (std::int64_t window = 0; window < windows; ++window) {
    std::int32_t start = 0;
    for (std::int64_t t = 0; t < length; ++t) {
      if (generator().chance(0.1)) start = static_cast<std::int32_t>(t);
      starts.push_back(start);
    }
  }
  return starts;
}

const CudaTable* cuda_or_skip() {
  static const CudaTable* const kTable = [] {
    const auto table = load_cuda_library(cuda_library_path());
    const char* why = table.ok() ? "no CUDA device" : table.error().message.c_str();
    if (table.ok() && table.value()->device_count() > 0) return table.value();
    std::fprintf(stderr, "SKIPPED: the CUDA form: %s\n", why);
    return static_cast<const CudaTable*>(nullptr);
  }();
  return kTable;
}

}  // namespace orch::kernels
