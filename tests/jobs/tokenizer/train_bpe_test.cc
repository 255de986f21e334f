// The trainer's alphabets, ties and limits against Hugging Face's BpeTrainer (tokenizers 0.23.3):
// recorded by vectors/make_train_vectors.py.
#include "jobs/tokenizer/train_bpe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "jobs/data/documents.h"

namespace orch::tokenizer {
namespace {

using nlohmann::json;

json trained(const TrainOptions& options, const std::vector<std::string>& texts) {
  BpeTrainer trainer(options);
  for (const std::string& text : texts) trainer.add(text);
  const auto out = trainer.train();
  EXPECT_TRUE(out.ok()) << out.error().message;
  return out.ok() ? json::parse(*out)["model"] : json();
}

TEST(TrainBpe, TiesAndAlphabetsAreTheOriginals) {
  const std::string path =
      std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/train.jsonl";
  int corpora = 0;
  const auto read = data::read_lines(path, [&](std::string_view line, std::uint64_t) {
    const json row = json::parse(line);
    for (const int threads : {1, 3}) {
      TrainOptions options{row["vocabulary"], row["min_frequency"], {"<|endoftext|>"}};
      if (!row["initial"].is_null()) options.initial_alphabet = row["initial"].get<std::string>();
      if (!row["limit"].is_null()) options.limit_alphabet = row["limit"].get<int>();
      options.threads = threads;
      const json model = trained(options, row["texts"]);
      EXPECT_EQ(model["merges"], row["merges"]) << "corpus " << corpora;
      const auto& tokens = row["tokens"];
      const std::size_t first = model["vocab"].size() - tokens.size();
      for (std::size_t i = 0; i < tokens.size(); ++i)
        EXPECT_EQ(model["vocab"][tokens[i].get<std::string>()], first + i) << tokens[i];
    }
    ++corpora;
    return Result<void>();
  });
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(corpora, 40);
}

TEST(TrainBpe, ALimitKeepsInitialThenFrequentCharacters) {
  TrainOptions options{10, 1, {"<s>"}};
  options.initial_alphabet = "z";
  options.limit_alphabet = 3;
  const json vocab = trained(options, {"aaaabbc"})["vocab"];
  EXPECT_TRUE(vocab.contains("z"));
  EXPECT_TRUE(vocab.contains("a"));
  EXPECT_TRUE(vocab.contains("b"));
  EXPECT_FALSE(vocab.contains("c"));
}

TEST(TrainBpe, RefusesAnAlphabetThatIsNoBytes) {
  TrainOptions options{300, 1, {}};
  options.initial_alphabet = "a b";
  const auto out = BpeTrainer(options).train();
  ASSERT_FALSE(out.ok());
  EXPECT_NE(out.error().message.find("initial_alphabet"), std::string::npos);
}

TEST(TrainBpe, TellsHowFarItIs) {
  TrainOptions options{300, 0, {}};
  std::vector<std::string> stages;
  options.progress = [&](std::string_view stage, std::uint64_t) { stages.emplace_back(stage); };
  trained(options, {"hello hello"});
  ASSERT_FALSE(stages.empty());
  EXPECT_EQ(stages.front(), "words");
}

}  // namespace
}  // namespace orch::tokenizer
