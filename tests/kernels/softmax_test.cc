// Cross-entropy, log-probabilities, masked softmax, and the exponential under them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/kernels/all_forms.h"

namespace orch::kernels {
namespace {

struct LogitsShape {
  std::int64_t rows, vocabulary;
  float spread;
  double tolerance;
};

class CrossEntropyTest : public testing::TestWithParam<LogitsShape> {};

TEST_P(CrossEntropyTest, LossAndGradient) {
  const auto [rows, vocabulary, spread, tolerance] = GetParam();
  auto labels = random_integers(rows, -1, static_cast<std::int32_t>(vocabulary));
  labels[0] = 0;
  expect_all_forms({.f = {poison(rows), random_floats(rows * vocabulary, spread)},
                    .i = {labels},
                    .bytes = {},
                    .number = 2.5},
                   tolerance, [&](const Ops& ops, const Pointers& p) {
                     ops.cross_entropy(p.number, p.f[0], p.f[1], p.i[0], rows, vocabulary, nullptr);
                   });
}

TEST_P(CrossEntropyTest, LogProbabilityAndGreedyFlag) {
  const auto [rows, vocabulary, spread, tolerance] = GetParam();
  auto logits = random_floats(rows * vocabulary, spread);
  auto labels = random_integers(rows, -1, static_cast<std::int32_t>(vocabulary));
  for (std::int64_t row = 0; row + 1 < rows; row += 2) {
    const auto label = static_cast<std::int32_t>(row % vocabulary);
    labels[static_cast<std::size_t>(row)] = label;
    logits[static_cast<std::size_t>(row * vocabulary + label)] = spread + 1;
  }
  expect_all_forms({.f = {poison(rows), logits},
                    .i = {labels},
                    .bytes = std::vector<std::uint8_t>(static_cast<std::size_t>(rows), 77)},
                   tolerance, [&](const Ops& ops, const Pointers& p) {
                     ops.log_softmax_gather(p.f[0], p.bytes, p.f[1], p.i[0], rows, vocabulary,
                                            nullptr);
                   });
}

INSTANTIATE_TEST_SUITE_P(Shapes, CrossEntropyTest,
                         testing::Values(LogitsShape{1, 1, 1, 1e-6}, LogitsShape{3, 7, 5, 2e-6},
                                         LogitsShape{5, 16, 50, 3e-6},
                                         LogitsShape{4, 2047, 8, 4e-6},
                                         LogitsShape{33, 2048, 8, 4e-6},
                                         LogitsShape{2, 9001, 30, 4e-6}));

TEST(CrossEntropyTest, TheFirstOfEqualLogitsIsGreedy) {
  expect_all_forms({.f = {poison(2), {1, 3, 3, 0, 1, 3, 3, 0}}, .i = {{1, 2}}, .bytes = {9, 9}},
                   1e-6, [](const Ops& ops, const Pointers& p) {
                     ops.log_softmax_gather(p.f[0], p.bytes, p.f[1], p.i[0], 2, 4, nullptr);
                   });
}

TEST(CrossEntropyTest, ANaNReachesTheLoss) {
  int count = 0;
  const Ops* const* forms = cpu_forms(&count);
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    for (int place = 0; place < 40; ++place) {
      auto logits = random_floats(40);
      logits[static_cast<std::size_t>(place)] = bad;
      for (int k = 0; k < count; ++k) {
        const auto result =
            run_cpu(*forms[k], {.f = {poison(1), logits}, .i = {{3}}, .bytes = {}},
                    [](const Ops& ops, const Pointers& p) {
                      ops.cross_entropy(p.number, p.f[0], p.f[1], p.i[0], 1, 40, nullptr);
                    });
        EXPECT_FALSE(std::isfinite(result.number)) << forms[k]->name << " " << place;
      }
    }
  }
}

TEST(Exponential, IsWithinTwoUnitsInTheLastPlace) {
  // Through swiglu: silu(g)·up / g with g < 0 far out, and through softmax of two scores: e^d / (1
  // + e^d).
  double worst = 0.0;
  for (double d = -80.0; d <= 0.0; d += 0.00937) {
    const auto x = static_cast<float>(d);
    const auto row = run_cpu(cpu_ops(), {.f = {{0, 1, x, 0}}, .i = {{0, 0}}, .bytes = {}},
                             [](const Ops& ops, const Pointers& p) {
                               ops.softmax_masked_forward(p.f[0], p.i[0], 1, 1, 2, 1.0F, nullptr);
                             });
    const double exact =
        std::exp(static_cast<double>(x)) / (1.0 + std::exp(static_cast<double>(x)));
    worst = std::max(worst, std::abs(row.f[0][2] / exact - 1.0));
  }
  EXPECT_LT(worst, 3 * 6e-8);
}

struct Square {
  std::int64_t windows, heads, length;
};

class MaskedSoftmax : public testing::TestWithParam<Square> {};

TEST_P(MaskedSoftmax, ForwardAndBackward) {
  const auto [windows, heads, length] = GetParam();
  const std::int64_t n = windows * heads * length * length;
  const auto starts = random_segments(windows, length);
  expect_all_forms({.f = {random_floats(n, 20)}, .i = {starts}, .bytes = {}}, 2e-6,
                   [&](const Ops& ops, const Pointers& p) {
                     ops.softmax_masked_forward(p.f[0], p.i[0], windows, heads, length, 0.25F,
                                                nullptr);
                   });
  const auto probs = run_reference({.f = {random_floats(n, 20)}, .i = {starts}, .bytes = {}},
                                   [&](const Ops& ops, const Pointers& p) {
                                     ops.softmax_masked_forward(p.f[0], p.i[0], windows, heads,
                                                                length, 0.25F, nullptr);
                                   });
  expect_all_forms({.f = {random_floats(n), probs.f[0]}, .i = {starts}, .bytes = {}}, 2e-6,
                   [&](const Ops& ops, const Pointers& p) {
                     ops.softmax_masked_backward(p.f[0], p.f[1], p.i[0], windows, heads, length,
                                                 0.25F, nullptr);
                   });
}

INSTANTIATE_TEST_SUITE_P(Shapes, MaskedSoftmax,
                         testing::Values(Square{1, 1, 1}, Square{2, 3, 5}, Square{1, 2, 16},
                                         Square{2, 1, 37}, Square{1, 1, 130}));

}  // namespace
}  // namespace orch::kernels
