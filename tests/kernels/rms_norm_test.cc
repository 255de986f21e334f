#include <gtest/gtest.h>

#include "tests/kernels/all_forms.h"

namespace orch::kernels {
namespace {

struct NormShape {
  std::int64_t rows, dim;
  double tolerance;
};

class RmsNorm : public testing::TestWithParam<NormShape> {};

TEST_P(RmsNorm, ForwardAgreesOnAllForms) {
  const auto [rows, dim, tolerance] = GetParam();
  expect_all_forms(
      {.f = {poison(rows * dim), poison(rows), random_floats(rows * dim, 3), random_floats(dim)},
       .i = {},
       .bytes = {}},
      tolerance, [&](const Ops& ops, const Pointers& p) {
        ops.rms_norm_forward(p.f[0], p.f[1], p.f[2], p.f[3], rows, dim, 1e-5F, nullptr);
      });
}

TEST_P(RmsNorm, ForwardInPlace) {
  const auto [rows, dim, tolerance] = GetParam();
  expect_all_forms(
      {.f = {random_floats(rows * dim, 3), poison(rows), random_floats(dim)}, .i = {}, .bytes = {}},
      tolerance, [&](const Ops& ops, const Pointers& p) {
        ops.rms_norm_forward(p.f[0], p.f[1], p.f[0], p.f[2], rows, dim, 1e-5F, nullptr);
      });
}

TEST_P(RmsNorm, BackwardWritesOrAdds) {
  const auto [rows, dim, tolerance] = GetParam();
  for (const bool accumulate : {false, true}) {
    const auto dx = accumulate ? random_floats(rows * dim) : poison(rows * dim);
    Arrays arrays{.f = {dx, random_floats(dim), random_floats(rows * dim),
                        random_floats(rows * dim, 3), random_floats(dim), random_floats(rows)},
                  .i = {},
                  .bytes = {}};
    expect_all_forms(arrays, tolerance, [&](const Ops& ops, const Pointers& p) {
      ops.rms_norm_backward(p.f[0], p.f[1], p.f[2], p.f[3], p.f[4], p.f[5], rows, dim, accumulate,
                            nullptr);
    });
  }
}

TEST_P(RmsNorm, ARowDoesNotDependOnItsPlace) {
  const auto [rows, dim, tolerance] = GetParam();
  const auto x = random_floats(rows * dim, 3);
  const auto weight = random_floats(dim);
  const auto run = [&](const std::vector<float>& input) {
    const auto n = static_cast<std::int64_t>(input.size()) / dim;
    return run_cpu(cpu_ops(),
                   {.f = {poison(n * dim), poison(n), input, weight}, .i = {}, .bytes = {}},
                   [&](const Ops& ops, const Pointers& p) {
                     ops.rms_norm_forward(p.f[0], p.f[1], p.f[2], p.f[3], n, dim, 1e-5F, nullptr);
                   })
        .f[0];
  };
  const auto all = run(x);
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto begin = row * dim;
    expect_same_bits(run({x.begin() + begin, x.begin() + begin + dim}),
                     {all.begin() + begin, all.begin() + begin + dim}, "row alone");
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RmsNorm,
                         testing::Values(NormShape{1, 1, 2e-6}, NormShape{3, 7, 2e-6},
                                         NormShape{5, 16, 2e-6}, NormShape{2, 17, 2e-6},
                                         NormShape{33, 128, 3e-6}, NormShape{9, 1023, 5e-6},
                                         NormShape{4, 4096, 1e-5}));

}  // namespace
}  // namespace orch::kernels
