#include "jobs/optim/schedule.h"

#include <gtest/gtest.h>

namespace orch::optim {
namespace {

TEST(Schedule, WarmsUpLinearlyThenFallsLikeACosine) {
  protocol::OptimizerSpec spec;
  spec.lr = 2.0;
  spec.warmup_ratio = 0.1;
  spec.min_lr_ratio = 0.1;
  EXPECT_EQ(warmup_steps(spec, 100), 10);
  EXPECT_DOUBLE_EQ(learning_rate(spec, 0, 100), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(spec, 9, 100), 2.0);
  EXPECT_DOUBLE_EQ(learning_rate(spec, 10, 100), 2.0);
  EXPECT_NEAR(learning_rate(spec, 55, 100), 2.0 * 0.55, 1e-12);
  EXPECT_DOUBLE_EQ(learning_rate(spec, 100, 100), 0.2);
  for (int step = 10; step < 99; ++step)
    EXPECT_GT(learning_rate(spec, step, 100), learning_rate(spec, step + 1, 100));
}

TEST(Schedule, NoWarmUpAndOneStepAreFine) {
  protocol::OptimizerSpec spec;
  spec.lr = 1.0;
  spec.warmup_ratio = 0;
  EXPECT_DOUBLE_EQ(learning_rate(spec, 0, 1), 1.0);
  spec.warmup_ratio = 0.01;
  EXPECT_EQ(warmup_steps(spec, 1), 1);
  EXPECT_DOUBLE_EQ(learning_rate(spec, 0, 1), 1.0);
}

}  // namespace
}  // namespace orch::optim
