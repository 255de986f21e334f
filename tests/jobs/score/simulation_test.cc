// The verdict's error rates over simulated evaluations: at a true drop within the margin "regress",
// at a true drop beyond it "pass", each at most alpha.

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "jobs/score/families.h"
#include "jobs/score/paired.h"

namespace orch::score {
namespace {

constexpr double kMargin = 0.02, kAlpha = 0.05;
constexpr double kDrops[] = {0, 0.5, 1, 1.5, 2, 3};  // in margins

/// What alpha allows among `runs` runs: three standard deviations above it.
double allowed(int runs) { return kAlpha + 3 * std::sqrt(kAlpha * (1 - kAlpha) / runs); }

double normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * M_PI * random.uniform());
}

/// A count of `n` trials, by the geometric gaps between hits.
std::int64_t binomial(Random& random, std::int64_t n, double p) {
  if (p <= 0) return 0;
  std::int64_t hits = 0;
  for (double at = 0;; ++hits) {
    at += std::floor(std::log(1 - random.uniform()) / std::log1p(-p)) + 1;
    if (at > static_cast<double>(n)) return hits;
  }
}

struct Rates {
  double pass = 0, regress = 0;
};

template <typename Run>
Rates rates(int runs, const Run& run) {
  Rates out;
  for (int i = 0; i < runs; ++i) {
    const Verdict verdict = run();
    out.pass += (verdict == Verdict::kPass) / static_cast<double>(runs);
    out.regress += (verdict == Verdict::kRegress) / static_cast<double>(runs);
  }
  return out;
}

void expect_honest(const Rates& found, double drop_in_margins, int runs) {
  // On the margin itself up to alpha; away from it errors are rarer still.
  const double limit = drop_in_margins == 1 ? allowed(runs) : kAlpha;
  if (drop_in_margins <= 1) {
    EXPECT_LE(found.regress, limit) << drop_in_margins;
  }
  if (drop_in_margins >= 1) {
    EXPECT_LE(found.pass, limit) << drop_in_margins;
  }
}

Verdict verdict_on(const Effect& effect, const CheckpointNoise& noise = {}) {
  return verdict_of(effect_interval(effect, noise, kAlpha, kAlpha), kMargin);
}

PairedCounts answers(Random& random, std::int64_t items, double changing, double drop) {
  const double loss = changing / 2 + drop / 2, win = changing / 2 - drop / 2;
  const std::int64_t changed = binomial(random, items, changing);
  const std::int64_t losses = binomial(random, changed, loss / (loss + win));
  return {items - changed, losses, changed - losses, 0};
}

TEST(Simulation, ErrorsOfBinaryVerdictsStayAtAlpha) {
  SeededRandom random(21);
  constexpr int kRuns = 4000;
  for (const std::int64_t items : {300, 1273, 14'042})
    for (const double drop : kDrops) {
      const Rates found = rates(kRuns, [&] {
        return verdict_on(effect_of(answers(random, items, 0.1, drop * kMargin)));
      });
      expect_honest(found, drop, kRuns);
      if (items < 10'000) continue;
      if (drop == 0) {
        EXPECT_GE(found.pass, 0.99);
      } else if (drop == 3) {
        EXPECT_GE(found.regress, 0.99);
      }
    }
}

TEST(Simulation, ErrorsOfContinuousVerdictsStayAtAlpha) {
  SeededRandom random(22);
  constexpr int kRuns = 2000;
  for (const double drop : kDrops) {
    const Rates found = rates(kRuns, [&] {
      std::vector<PairedValues> values(60);
      for (PairedValues& v : values) {
        v.base = random.uniform();
        v.candidate = v.base - drop * kMargin + 0.08 * normal(random);
      }
      return verdict_on(effect_of(values, false));
    });
    expect_honest(found, drop, kRuns);
  }
}

/// 40 passages of 10 questions; a passage moves all of its answers.
std::vector<PairedValues> passages(Random& random, double drop) {
  std::vector<PairedValues> values;
  for (std::uint64_t passage = 1; passage <= 40; ++passage) {
    const double u = random.uniform();
    const double lost = u < 0.2 ? 0.35 : 0.01, won = u > 0.8 ? 0.35 : 0.01;
    for (int i = 0; i < 10; ++i) {
      const double v = random.uniform(), loss = lost + drop / 2, win = won - drop / 2;
      values.push_back({v < win ? 0.0 : 1.0, v < 1 - loss ? 1.0 : 0.0, passage});
    }
  }
  return values;
}

TEST(Simulation, ClustersWidenAndKeepTheErrorAtAlpha) {
  SeededRandom random(23);
  constexpr int kRuns = 1500;
  const double drop = 0.0199;  // the margin; the share of wins stays positive
  int naive = 0;
  const Rates found = rates(kRuns, [&] {
    const auto values = passages(random, drop);
    naive += verdict_on(effect_of(values, false)) != Verdict::kInconclusive;
    return verdict_on(effect_of(values, true));
  });
  EXPECT_LE(found.pass, allowed(kRuns));
  EXPECT_LE(found.regress, allowed(kRuns));
  EXPECT_GT(naive / static_cast<double>(kRuns), 0.15);  // what ignoring them would cost
}

TEST(Simulation, NoiseBetweenCheckpointsKeepsTheErrorAtAlpha) {
  SeededRandom random(24);
  constexpr int kRuns = 1500;
  for (const int checkpoints : {3, 5, 10}) {
    int naive = 0;
    const Rates found = rates(kRuns, [&] {
      const double spread = 0.012;
      std::vector<double> scores;
      for (int i = 0; i < checkpoints; ++i)
        scores.push_back(0.6 + spread * normal(random) + 0.003 * normal(random));
      const double shift = spread * (normal(random) - normal(random));
      const Effect effect = effect_of(answers(random, 5000, 0.15, kMargin + shift));
      naive += verdict_on(effect) != Verdict::kInconclusive;
      return verdict_on(effect, checkpoint_noise(scores));
    });
    EXPECT_LE(found.pass, allowed(kRuns)) << checkpoints;
    EXPECT_LE(found.regress, allowed(kRuns)) << checkpoints;
    EXPECT_GT(naive / static_cast<double>(kRuns), 0.3);
  }
}

TEST(Simulation, AmongTwentySubjectsNoFalseVerdictButInAlphaOfTheRuns) {
  SeededRandom random(25);
  constexpr int kRuns = 300;
  int wrong = 0, dropped = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<Subject> subjects;
    for (int i = 0; i < 20; ++i) {
      Subject subject{"s" + std::to_string(i), {}, {}};
      subject.effect = effect_of(answers(random, 400, 0.1, i == 0 ? 0.0999 : kMargin));
      subjects.push_back(std::move(subject));
    }
    const auto judged = judge_together(subjects, kMargin, kAlpha);
    ASSERT_TRUE(judged.ok());
    bool any = false;
    for (std::size_t i = 1; i < judged->size(); ++i)
      any = any || (*judged)[i].judgement.verdict == Verdict::kRegress;
    wrong += any;
    dropped += (*judged)[0].judgement.verdict == Verdict::kRegress;
  }
  EXPECT_LE(wrong / static_cast<double>(kRuns), allowed(kRuns));
  EXPECT_GE(dropped / static_cast<double>(kRuns), 0.9);
}

}  // namespace
}  // namespace orch::score
