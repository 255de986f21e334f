#include "protocol/spec_parse.h"

#include <gtest/gtest.h>

#include "tests/protocol/spec_text.h"

namespace orch::protocol {
namespace {

JobSpec parse(std::string_view yaml, const std::map<std::string, std::string>& set = {}) {
  const SpecResult result = parse_spec(yaml, "job.yaml", set);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? *result.spec : JobSpec{};
}

TEST(SpecParse, ReadsEveryKeyOfTheJobAndItsTasks) {
  const JobSpec job = parse(kFullSpec);
  EXPECT_EQ(job.name, "forgetting-demo");
  EXPECT_EQ(job.queue, "research");
  EXPECT_EQ(job.priority, 3);
  EXPECT_EQ(job.note, "the base is not converged on purpose");
  EXPECT_EQ(job.labels, (std::map<std::string, std::string>{{"team", "demo"}, {"wave", "2"}}));
  EXPECT_EQ(job.vars.at("steps"), "400");
  std::vector<std::string> names;
  for (const auto& task : job.tasks) names.push_back(task.name);
  EXPECT_EQ(names, (std::vector<std::string>{"world", "data", "base", "chat", "check-base",
                                             "eval-base", "eval-chat", "verdict"}));
  const TaskSpec& base = *job.find("base");
  EXPECT_EQ(base.kind(), TaskKind::kPretrain);
  EXPECT_EQ(base.needs, (std::vector<std::string>{"data", "world"}));
  EXPECT_EQ(base.ranks, (RankRange{1, 4}));
  EXPECT_EQ(base.resources, (Resources{2, 1, std::uint64_t{1} << 30}));
  EXPECT_EQ(base.retry, (Retry{5, true, true}));
  EXPECT_EQ(base.timeout, std::chrono::minutes(10));
  EXPECT_EQ(base.grace, std::chrono::seconds(5));
}

TEST(SpecParse, ReadsEveryKeyOfTraining) {
  const JobSpec job = parse(kFullSpec);
  const auto& pretrain = std::get<PretrainSpec>(job.find("base")->block);
  const TrainSpec& train = pretrain.train;
  EXPECT_FALSE(train.checkpoint);
  EXPECT_EQ(train.data.task, "data");
  EXPECT_EQ(train.steps, 400);
  EXPECT_EQ(train.batch_windows, 32);
  EXPECT_EQ(train.window, 128);
  EXPECT_EQ(train.shards, 8);
  EXPECT_EQ(train.threads, 2);
  EXPECT_EQ(train.seed, 7u);
  EXPECT_EQ(pretrain.mixture,
            (std::vector<std::pair<std::string, std::uint32_t>>{{"medical", 19}, {"general", 1}}));
  const ModelSpec& model = *train.model;
  EXPECT_EQ(model.hidden_size, 64);
  EXPECT_EQ(model.intermediate_size, 176);
  EXPECT_EQ(model.num_hidden_layers, 3);
  EXPECT_EQ(model.num_attention_heads, 8);
  EXPECT_EQ(model.num_key_value_heads, 2);
  EXPECT_EQ(model.head_dim, 16);
  EXPECT_EQ(model.max_position_embeddings, 512);
  EXPECT_EQ(model.rms_norm_eps, 1e-6);
  EXPECT_EQ(model.rope_theta, 500000);
  EXPECT_FALSE(model.tie_word_embeddings);
  EXPECT_EQ(model.initializer_range, 0.05);
  const OptimizerSpec& o = train.optimizer;
  EXPECT_EQ(o.lr, 1e-3);
  EXPECT_EQ(o.beta1, 0.8);
  EXPECT_EQ(o.beta2, 0.99);
  EXPECT_EQ(o.eps, 1e-9);
  EXPECT_EQ(o.weight_decay, 0.01);
  EXPECT_EQ(o.clip, 0.5);
  EXPECT_EQ(o.warmup_ratio, 0.1);
  EXPECT_EQ(o.min_lr_ratio, 0);
  ASSERT_TRUE(train.stop.has_value());
  EXPECT_EQ(train.stop->loss, 0.5);
  EXPECT_EQ(train.stop->over, 20);
  EXPECT_EQ(train.checkpoints.every, 50);
  EXPECT_EQ(train.checkpoints.keep_last, 3);
  EXPECT_EQ(train.checkpoints.keep_every, 100);
  const auto& chat = std::get<InstructSpec>(job.find("chat")->block);
  EXPECT_EQ(chat.train.checkpoint->task, "base");
  EXPECT_EQ(chat.rows.output, "rows.jsonl");
  EXPECT_EQ(chat.epochs, 2.5);
  EXPECT_EQ(chat.user_prefix + chat.user_suffix + chat.assistant_prefix + chat.assistant_suffix,
            "U: \nA: .");
}

TEST(SpecParse, ReadsEveryKeyOfTheOtherKinds) {
  const JobSpec job = parse(kFullSpec);
  const auto& command = std::get<CommandSpec>(job.find("world")->block);
  EXPECT_EQ(command.argv.back(), "echo $ORCH_RANK ${HOME}");
  EXPECT_EQ(command.env, (std::map<std::string, std::string>{{"KEY", "value"}, {"COUNT", "3"}}));
  const auto& prepare = std::get<PrepareSpec>(job.find("data")->block);
  ASSERT_TRUE(prepare.train_tokenizer);
  EXPECT_EQ(prepare.train_tokenizer->min_frequency, 3);
  EXPECT_EQ(prepare.train_tokenizer->special_tokens, std::vector<std::string>{"<eos>"});
  EXPECT_EQ(prepare.train_tokenizer->files[0].output, "general.jsonl");
  ASSERT_EQ(prepare.sources.size(), 2u);
  EXPECT_EQ(prepare.sources[0].name, "medical");
  EXPECT_EQ(prepare.sources[1].files[1].kind, Reference::Kind::kPath);
  const auto& checkpoint = std::get<CheckpointSpec>(job.find("check-base")->block);
  EXPECT_EQ(checkpoint.action, "export");
  const auto& evaluate = std::get<EvaluateSpec>(job.find("eval-base")->block);
  EXPECT_EQ(evaluate.label, "base");
  EXPECT_EQ(evaluate.suites[0].num_fewshot, 3);
  EXPECT_EQ(evaluate.suites[0].limit, 100);
  EXPECT_EQ(evaluate.suites[0].label, "general (SynthMMLU)");
  EXPECT_EQ(evaluate.suites[0].role, "general");
  EXPECT_EQ(evaluate.suites[1].kind, "generate");
  EXPECT_EQ(evaluate.suites[1].max_new_tokens, 8);
  EXPECT_TRUE(evaluate.suites[1].chat);
  const auto& verdict = std::get<ForgettingSpec>(job.find("verdict")->block);
  EXPECT_EQ(verdict.suites, std::vector<std::string>{"synthmmlu"});
  EXPECT_EQ(verdict.margin, 0.03);
  EXPECT_EQ(verdict.alpha, 0.1);
  EXPECT_TRUE(verdict.gate);
  EXPECT_EQ(job.find("verdict")->needs, (std::vector<std::string>{"eval-base", "eval-chat"}));
}

TEST(SpecParse, FillsDefaults) {
  const JobSpec job = parse("version: 1\nname: a\ntasks: {t: {command: {argv: [echo]}}}\n");
  EXPECT_EQ(job.queue, "default");
  const TaskSpec& task = job.tasks.at(0);
  EXPECT_EQ(task.ranks, (RankRange{1, 1}));
  EXPECT_EQ(task.resources, Resources{});
  EXPECT_EQ(task.retry, Retry{});
  EXPECT_EQ(task.timeout, Duration::zero());
  EXPECT_EQ(task.grace, std::chrono::seconds(30));
  EXPECT_TRUE(task.needs.empty());
}

TEST(SpecParse, SetOverridesVariablesAndKeepsTheirTypes) {
  const JobSpec job = parse(kFullSpec, {{"steps", "800"}, {"seed", "9"}});
  const auto& train = std::get<PretrainSpec>(job.find("base")->block).train;
  EXPECT_EQ(train.steps, 800);
  EXPECT_EQ(train.seed, 9u);
  EXPECT_EQ(job.vars.at("steps"), "800");
}

TEST(SpecParse, TellsReferencesApart) {
  using Kind = Reference::Kind;
  EXPECT_EQ(parse_reference("@base")->kind, Kind::kTask);
  EXPECT_EQ(parse_reference("@base/a/b.txt")->output, "a/b.txt");
  EXPECT_EQ(parse_reference("sha:0123abcdef")->kind, Kind::kDigest);
  EXPECT_EQ(parse_reference("llama:latest")->kind, Kind::kTag);
  EXPECT_EQ(parse_reference("data/x:y.jsonl")->kind, Kind::kPath);
  for (const char* bad : {"", "@", "@Base", "@base/../x", "@base//x", "sha:xyz", "sha:12", "a\nb"})
    EXPECT_FALSE(parse_reference(bad).ok()) << bad;
}

TEST(SpecParse, ListsReferencesWithTheirPlaces) {
  const JobSpec job = parse(kFullSpec);
  std::vector<std::string> places;
  for (const auto& [place, reference] : references_of(*job.find("data"))) places.push_back(place);
  EXPECT_EQ(places, (std::vector<std::string>{
                        "prepare.tokenizer.train.files[0]", "prepare.sources.medical.files[0]",
                        "prepare.sources.general.files[0]", "prepare.sources.general.files[1]"}));
}

TEST(SpecParse, ReadsSetOptions) {
  EXPECT_EQ(*parse_set_option("a=b=c"), (std::pair<std::string, std::string>("a", "b=c")));
  EXPECT_FALSE(parse_set_option("a").ok());
  EXPECT_FALSE(parse_set_option("=a").ok());
}

}  // namespace
}  // namespace orch::protocol
