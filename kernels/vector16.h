#pragma once
// Sixteen fp32 lanes, whatever the instruction set: one AVX-512, two AVX2 or four SSE2 registers.
// Each operation is exactly rounded or built from such ones in a fixed order, so every form of the
// CPU ops gives the same bits. Compiled once an instruction set, in the namespace of that form; so
// it includes nothing with inline functions of its own that a linker could pick from the wrong
// form.

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "kernels/form.h"

namespace orch::kernels::ORCH_FORM {

inline constexpr std::int64_t kLanes = 16;

#if defined(__AVX512F__)
using Part = __m512;
#elif defined(__AVX2__)
using Part = __m256;
#else
using Part = __m128;
#endif
inline constexpr int kPartLanes = sizeof(Part) / sizeof(float);
inline constexpr int kParts = 16 / kPartLanes;

inline Part load_part(const float* p) {
  Part v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store_part(float* p, Part v) { __builtin_memcpy(p, &v, sizeof v); }

#if defined(__AVX512F__)
inline Part splat_part(float x) { return _mm512_set1_ps(x); }
// The second operand where either is NaN, as minps and maxps do.
inline Part max_part(Part a, Part b) { return _mm512_max_ps(a, b); }
inline Part min_part(Part a, Part b) { return _mm512_min_ps(a, b); }
inline Part sqrt_part(Part a) { return _mm512_sqrt_ps(a); }
inline Part fma_part(Part a, Part b, Part c) { return _mm512_fmadd_ps(a, b, c); }
inline Part zero_where_less(Part x, Part limit, Part value) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ), value);
}
#elif defined(__AVX2__)
inline Part splat_part(float x) { return _mm256_set1_ps(x); }
inline Part max_part(Part a, Part b) { return _mm256_max_ps(a, b); }
inline Part min_part(Part a, Part b) { return _mm256_min_ps(a, b); }
inline Part sqrt_part(Part a) { return _mm256_sqrt_ps(a); }
inline Part fma_part(Part a, Part b, Part c) { return _mm256_fmadd_ps(a, b, c); }
inline Part zero_where_less(Part x, Part limit, Part value) {
  return _mm256_and_ps(_mm256_cmp_ps(x, limit, _CMP_NLT_UQ), value);
}
#else
inline Part splat_part(float x) { return _mm_set1_ps(x); }
inline Part max_part(Part a, Part b) { return _mm_max_ps(a, b); }
inline Part min_part(Part a, Part b) { return _mm_min_ps(a, b); }
inline Part sqrt_part(Part a) { return _mm_sqrt_ps(a); }
// Exact by the C library where the machine has no such instruction: slow, but the same bits.
inline Part fma_part(Part a, Part b, Part c) {
  for (int i = 0; i < kPartLanes; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}
inline Part zero_where_less(Part x, Part limit, Part value) {
  return _mm_and_ps(_mm_cmpnlt_ps(x, limit), value);
}
#endif

// The low nine bits, as an integer, become sign and exponent: 2^(bits − 127).
typedef int IntegerPart __attribute__((vector_size(sizeof(Part))));
inline Part exponent_part(Part biased) { return (Part)((IntegerPart)biased << 23); }

/// Sixteen lanes, by value.
struct F16 {
  Part p[kParts];
};

// One loop over the parts, unrolled by the compiler.
#define ORCH_PARTS(expression)                                                         \
  F16 result;                                                                          \
  _Pragma("GCC unroll 4") for (int i = 0; i < kParts; ++i) result.p[i] = (expression); \
  return result

inline F16 splat(float x) { ORCH_PARTS(splat_part(x)); }
inline F16 operator+(F16 a, F16 b) { ORCH_PARTS(a.p[i] + b.p[i]); }
inline F16 operator-(F16 a, F16 b) { ORCH_PARTS(a.p[i] - b.p[i]); }
inline F16 operator*(F16 a, F16 b) { ORCH_PARTS(a.p[i] * b.p[i]); }
inline F16 operator/(F16 a, F16 b) { ORCH_PARTS(a.p[i] / b.p[i]); }
inline F16 maximum(F16 a, F16 b) { ORCH_PARTS(max_part(a.p[i], b.p[i])); }
inline F16 square_root(F16 a) { ORCH_PARTS(sqrt_part(a.p[i])); }
/// a·b + c, rounded once.
inline F16 fused_multiply_add(F16 a, F16 b, F16 c) { ORCH_PARTS(fma_part(a.p[i], b.p[i], c.p[i])); }

/// All sixteen lanes, or the first `count` of them: the same code serves body and tail.
struct Full {};
struct Partial {
  std::int64_t count;
};

inline F16 load(const float* p, Full, float = 0.0F) { ORCH_PARTS(load_part(p + i * kPartLanes)); }
inline void store(float* p, F16 v, Full) {
#pragma GCC unroll 4
  for (int i = 0; i < kParts; ++i) store_part(p + i * kPartLanes, v.p[i]);
}
#if defined(__AVX512F__)
inline F16 load(const float* p, Partial n, float fill = 0.0F) {
  return {{_mm512_mask_loadu_ps(splat_part(fill), __mmask16((1U << n.count) - 1), p)}};
}
inline void store(float* p, F16 v, Partial n) {
  _mm512_mask_storeu_ps(p, __mmask16((1U << n.count) - 1), v.p[0]);
}
#else
inline F16 load(const float* p, Partial n, float fill = 0.0F) {
  alignas(64) float lanes[16];
  for (float& lane : lanes) lane = fill;
  __builtin_memcpy(lanes, p, static_cast<std::size_t>(n.count) * sizeof(float));
  return load(lanes, Full{});
}
inline void store(float* p, F16 v, Partial n) {
  alignas(64) float lanes[16];
  store(lanes, v, Full{});
  __builtin_memcpy(p, lanes, static_cast<std::size_t>(n.count) * sizeof(float));
}
#endif
/// The lanes beyond the count become 0.
inline F16 keep(F16 v, Full) { return v; }
#if defined(__AVX512F__)
inline F16 keep(F16 v, Partial n) {
  return {{_mm512_maskz_mov_ps(__mmask16((1U << n.count) - 1), v.p[0])}};
}
#else
inline F16 keep(F16 v, Partial n) {
  alignas(64) float lanes[16];
  store(lanes, v, Full{});
  return load(lanes, n);
}
#endif

/// f(offset, Full) for each sixteen of n, then f(offset, Partial) for what is left.
template <typename F>
inline void for_lanes(std::int64_t n, F f) {
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) f(i, Full{});
  if (i < n) f(i, Partial{n - i});
}

/// Fixed tree: lane l with l + 8, then + 4, + 2, + 1.
template <typename PartOperation, typename QuadOperation>
inline float reduce_lanes(F16 v, PartOperation operation, QuadOperation quad_operation) {
#if defined(__AVX512F__)
  const __m256 high = _mm512_extractf32x8_ps(v.p[0], 1);
  const __m256 eight = operation(_mm512_castps512_ps256(v.p[0]), high);
  const __m128 four =
      quad_operation(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#elif defined(__AVX2__)
  const __m256 eight = operation(v.p[0], v.p[1]);
  const __m128 four =
      quad_operation(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#else
  const __m128 four = quad_operation(operation(v.p[0], v.p[2]), operation(v.p[1], v.p[3]));
#endif
  const __m128 two = quad_operation(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(quad_operation(two, _mm_shuffle_ps(two, two, 1)));
}
inline float sum_lanes(F16 v) {
  const auto add = [](auto a, auto b) { return a + b; };
  return reduce_lanes(v, add, add);
}
inline float max_lanes(F16 v) {
#if defined(__AVX2__)
  const auto larger = [](__m256 a, __m256 b) { return _mm256_max_ps(a, b); };
#else
  const auto larger = max_part;
#endif
  return reduce_lanes(v, larger, [](__m128 a, __m128 b) { return _mm_max_ps(a, b); });
}

/// Largest of x[0..n); NaN lanes are passed over (they show in the sum that follows). n > 0.
inline float max_of(const float* x, std::int64_t n) {
  F16 largest = splat(-__builtin_inff());
  for_lanes(n, [&](std::int64_t i, auto lanes) {
    largest = maximum(load(x + i, lanes, -__builtin_inff()), largest);
  });
  return max_lanes(largest);
}

/// e^x to 2 units in the last place. Below −87.3 it is 0 (no denormals), above 88.3 it stays at
/// e^88.3; NaN stays NaN.
/// Source: Cody & Waite 1980 (reduction), Taylor coefficients to degree 7 on ±ln 2 / 2.
inline Part exponential_part(Part x) {
  const Part limited = min_part(splat_part(88.3F), max_part(splat_part(-87.3F), x));
  // Adding 1.5·2^23 rounds to an integer in the low bits; + 127 makes it the exponent field's.
  const Part shifter = splat_part(12582912.0F + 127.0F);
  const Part shifted = fma_part(limited, splat_part(1.44269504F), shifter);
  const Part n = shifted - shifter;
  Part r = fma_part(n, splat_part(-0.693359375F), limited);
  r = fma_part(n, splat_part(2.12194440e-4F), r);
  Part y = splat_part(1.98412698e-4F);
  y = fma_part(y, r, splat_part(1.38888889e-3F));
  y = fma_part(y, r, splat_part(8.33333333e-3F));
  y = fma_part(y, r, splat_part(4.16666667e-2F));
  y = fma_part(y, r, splat_part(1.66666667e-1F));
  y = fma_part(y, r, splat_part(0.5F));
  y = fma_part(y, r * r, r) + splat_part(1.0F);
  return zero_where_less(x, splat_part(-87.3F), y * exponent_part(shifted));
}
inline F16 exponential(F16 x) { ORCH_PARTS(exponential_part(x.p[i])); }

#undef ORCH_PARTS

/// ln x in fp64 for x > 0 and normal; NaN, infinity and 0 as the C library. Own, since that one's
/// bits depend on the machine.
inline double logarithm(double x) {
  if (!(x > 0.0) || x > 1.7e308)
    return x == 0.0 ? -__builtin_inf() : x > 0.0 ? x : __builtin_nan("");
  std::uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  auto exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL;
  double m;
  __builtin_memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) {
    m = m * 0.5;
    exponent += 1;
  }
  // ln m = 2 artanh((m − 1) / (m + 1)), |argument| < 0.172.
  const double s = (m - 1.0) / (m + 1.0);
  const double s2 = s * s;
  constexpr double kSeries[] = {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};
  double series = 1.0 / 23;
#pragma GCC unroll 11
  for (const double coefficient : kSeries) series = series * s2 + coefficient;
  return 2.0 * s * series + static_cast<double>(exponent) * 0.69314718055994530942;
}

inline float square_root_of(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

}  // namespace orch::kernels::ORCH_FORM
