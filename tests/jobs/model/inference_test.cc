#include "jobs/model/inference.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "kernels/ops.h"

namespace orch::model {
namespace {

using Ids = std::vector<std::int32_t>;

struct World {
  World() {
    Config config;
    config.vocab_size = 61;
    config.hidden_size = 32;
    config.intermediate_size = 72;
    config.num_hidden_layers = 3;
    config.num_attention_heads = 4;
    config.num_key_value_heads = 2;
    config.head_dim = 8;
    config.max_position_embeddings = 48;
    config.initializer_range = 0.2;
    single_threaded_math();
    model = std::make_unique<Llama>(Llama::create(config, kernels::cpu_ops()).value());
    parameters = AlignedBuffer(model->layout().total);
    initialise(config, model->layout(), 3, parameters.span());
  }
  Ids random_ids(int count) {
    Ids ids;
    for (int i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>(random.below(61)));
    return ids;
  }
  // Logits by the training path.
  std::vector<float> whole(const Ids& ids) {
    Batch batch;
    batch.resize(1, static_cast<int>(ids.size()));
    batch.ids = ids;
    for (int t = 0; t < batch.length; ++t) batch.positions[static_cast<std::size_t>(t)] = t;
    std::vector<float> out(ids.size() * 61);
    Workspace workspace;
    model->logits(parameters.span(), batch, out, workspace);
    return out;
  }
  ContinuationScore expected(const Ids& context, const Ids& continuation) {
    Ids all = context;
    all.insert(all.end(), continuation.begin(), continuation.end());
    const std::vector<float> logits = whole(all);
    ContinuationScore score{0.0, true, static_cast<int>(continuation.size())};
    for (std::size_t t = 0; t < continuation.size(); ++t) {
      const float* row = logits.data() + (context.size() - 1 + t) * 61;
      double sum = 0.0;
      for (int i = 0; i < 61; ++i) sum += std::exp(static_cast<double>(row[i]));
      const auto token = static_cast<std::size_t>(continuation[t]);
      score.log_likelihood += static_cast<double>(row[token]) - std::log(sum);
      for (int i = 0; i < 61; ++i) score.greedy = score.greedy && row[i] <= row[token];
    }
    return score;
  }
  std::unique_ptr<Llama> model;
  AlignedBuffer parameters;
  SeededRandom random{9};
};

TEST(Inference, LogitsAreTheTrainingPaths) {
  World world;
  Inference inference(*world.model, world.parameters.span());
  for (const int length : {1, 2, 17, 48}) {
    const Ids ids = world.random_ids(length);
    const auto got = inference.logits(ids);
    ASSERT_TRUE(got.ok());
    const std::vector<float> expected = world.whole(ids);
    ASSERT_EQ(got->size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR((*got)[i], expected[i], 1e-5F);
  }
}

TEST(Inference, ScoresAreThoseOfWholeSequences) {
  World world;
  Inference inference(*world.model, world.parameters.span());
  std::vector<ScoreRequest> requests;
  for (int i = 0; i < 12; ++i) {
    ScoreRequest request;
    request.context = world.random_ids(1 + i * 3);
    for (int j = 0; j < i % 5; ++j)
      request.continuations.push_back(world.random_ids(1 + (i + j) % 6));
    requests.push_back(request);
  }
  // One continuation that is greedy.
  const Ids greedy = inference.generate(requests[4].context, 4, {}).value();
  requests[4].continuations.push_back(greedy);
  const auto scores = inference.score(requests);
  ASSERT_TRUE(scores.ok()) << scores.error().message;
  ASSERT_EQ(scores->size(), requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ASSERT_EQ((*scores)[i].size(), requests[i].continuations.size());
    for (std::size_t j = 0; j < requests[i].continuations.size(); ++j) {
      const ContinuationScore expected =
          world.expected(requests[i].context, requests[i].continuations[j]);
      const ContinuationScore& got = (*scores)[i][j];
      EXPECT_NEAR(got.log_likelihood, expected.log_likelihood, 1e-4) << i << " " << j;
      EXPECT_EQ(got.greedy, expected.greedy) << i << " " << j;
      EXPECT_EQ(got.tokens, expected.tokens);
    }
  }
  EXPECT_TRUE((*scores)[4].back().greedy);
}

TEST(Inference, ScoresOfARequestHaveTheSameBitsInAnyCompany) {
  World world;
  Inference inference(*world.model, world.parameters.span());
  std::vector<ScoreRequest> requests;
  for (int i = 0; i < 8; ++i) {
    requests.push_back({world.random_ids(5 + i), {world.random_ids(3), world.random_ids(1)}});
  }
  const auto together = inference.score(requests).value();
  for (std::size_t i = requests.size(); i-- > 0;) {
    const auto alone = inference.score(std::span(requests).subspan(i, 1)).value();
    for (std::size_t j = 0; j < 2; ++j) {
      EXPECT_EQ(alone[0][j].log_likelihood, together[i][j].log_likelihood);
    }
  }
}

TEST(Inference, GeneratesTheMostLikelyTokens) {
  World world;
  Inference inference(*world.model, world.parameters.span());
  const Ids prompt = world.random_ids(6);
  const Ids generated = inference.generate(prompt, 12, {}).value();
  ASSERT_EQ(generated.size(), 12U);
  Ids all = prompt;
  for (const std::int32_t token : generated) {
    const std::vector<float> logits = world.whole(all);
    const float* row = logits.data() + (all.size() - 1) * 61;
    EXPECT_EQ(token, std::max_element(row, row + 61) - row);
    all.push_back(token);
  }
  // Stop tokens end it and are not returned.
  const Ids stop = {generated[3]};
  const Ids stopped = inference.generate(prompt, 12, stop).value();
  EXPECT_EQ(stopped,
            Ids(generated.begin(), std::find(generated.begin(), generated.end(), stop[0])));
  EXPECT_TRUE(inference.generate(prompt, 0, {}).value().empty());
  // The last position ends it: 46 tokens of context leave room for two more and one prediction.
  EXPECT_EQ(inference.generate(world.random_ids(46), 12, {}).value().size(), 3U);
}

TEST(Inference, RefusesWhatTheModelCannotTake) {
  World world;
  Inference inference(*world.model, world.parameters.span());
  EXPECT_FALSE(inference.logits({}).ok());
  EXPECT_NE(inference.logits(Ids{3, 61}).error().message.find("id 61"), std::string::npos);
  EXPECT_NE(inference.logits(world.random_ids(49)).error().message.find("49 tokens"),
            std::string::npos);
  EXPECT_FALSE(inference.generate(Ids{-1}, 3, {}).ok());
  const auto refused = [&](const ScoreRequest& bad) {
    const std::vector<ScoreRequest> requests = {{{1, 2}, {{3}}}, bad};
    const auto result = inference.score(requests);
    return !result.ok() && result.error().message.find("request 1") == 0;
  };
  EXPECT_TRUE(refused({{}, {{1}}}));
  EXPECT_TRUE(refused({{1}, {{}}}));
  EXPECT_TRUE(refused({{1}, {{99}}}));
  // 48 positions: the last token of a continuation is scored, but never read by the model.
  EXPECT_TRUE(refused({world.random_ids(40), {world.random_ids(10)}}));
  EXPECT_FALSE(refused({world.random_ids(40), {world.random_ids(9)}}));
}

}  // namespace
}  // namespace orch::model
