#pragma once
// Runs one op on every form and compares: with the reference within a tolerance, between CPU forms
// bit by bit. Outputs start poisoned, every array is followed by a guard, and CPU forms run a
// second time on shifted, unaligned arrays.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/cuda_library.h"
#include "kernels/ops.h"

namespace orch::kernels {

/// All arrays of a call, inputs and outputs alike.
struct Arrays {
  std::vector<std::vector<float>> f;
  std::vector<std::vector<std::int32_t>> i;
  std::vector<std::uint8_t> bytes;
  double number = 0.0;
};

/// Where they lie on the form's device.
struct Pointers {
  std::vector<float*> f;
  std::vector<std::int32_t*> i;
  std::uint8_t* bytes = nullptr;
  double* number = nullptr;
};

using Call = std::function<void(const Ops& ops, const Pointers& p)>;

/// The result of the reference form.
Arrays run_reference(const Arrays& arrays, const Call& call);
/// The result on one CPU form; `shift` moves every float array off its alignment.
Arrays run_cpu(const Ops& ops, const Arrays& arrays, const Call& call, std::size_t shift = 0);

/// Expects |form − reference| ≤ tolerance · (1 + |reference|) for every element of every array, on
/// every form.
void expect_all_forms(const Arrays& arrays, double tolerance, const Call& call);

/// Expects the same bits in both.
void expect_same_bits(const std::vector<float>& a, const std::vector<float>& b,
                      const std::string& what);

/// Uniform in [−spread, spread), fresh for each call of a test, the same in each run.
std::vector<float> random_floats(std::int64_t n, float spread = 1.0F);
std::vector<std::int32_t> random_integers(std::int64_t n, std::int32_t low, std::int32_t high);
/// NaN: what an op must overwrite.
std::vector<float> poison(std::int64_t n);
/// Starts of documents of random lengths, (windows, length).
std::vector<std::int32_t> random_segments(std::int64_t windows, std::int64_t length);

/// The CUDA form's table, or null with a line on standard error that says why it is skipped.
const CudaTable* cuda_or_skip();

}  // namespace orch::kernels
