// orch-tool tokenize, detokenize, train-tokenizer.

#include <cstdio>

#include "base/file.h"
#include "jobs/data/documents.h"
#include "jobs/tokenizer/tokenize.h"
#include "jobs/tokenizer/tokenizer.h"
#include "jobs/tokenizer/train_bpe.h"
#include "jobs/tool_verbs.h"

namespace orch::jobs {

Result<int> run_tokenize(const TokenizeOptions& options) {
  ORCH_ASSIGN(const auto tokenizer,
              tokenizer::Tokenizer::open(options.tokenizer,
                                         {.unicode = {}, .keep_fast = true, .limits = true}));
  for (const std::string& note : tokenizer->notes())
    std::fprintf(stderr, "note: %s: %s\n", options.tokenizer.c_str(), note.c_str());
  const tokenizer::TokenizeOptions wanted{options.special, options.count, options.threads};
  if (options.reverse)
    ORCH_TRY(tokenizer::detokenize_file(*tokenizer, options.file, options.count, stdout));
  else
    ORCH_TRY(tokenizer::tokenize_file(*tokenizer, options.file, wanted, stdout));
  return 0;
}

Result<int> run_train_tokenizer(const TrainTokenizerOptions& options) {
  tokenizer::TrainOptions wanted{options.vocabulary, options.min_frequency, options.special_tokens};
  if (options.initial_alphabet) {
    wanted.initial_alphabet.emplace();
    for (const std::string& part : *options.initial_alphabet)
      if (part != "none") *wanted.initial_alphabet += part;
  }
  wanted.limit_alphabet = options.limit_alphabet;
  wanted.threads = options.threads;
  if (options.progress)
    wanted.progress = [](std::string_view stage, std::uint64_t done) {
      std::fprintf(stderr, "%.*s: %llu\n", static_cast<int>(stage.size()), stage.data(),
                   static_cast<unsigned long long>(done));
    };
  tokenizer::BpeTrainer trainer(std::move(wanted));
  for (const std::string& file : options.files) {
    ORCH_ASSIGN(const std::uint64_t repaired,
                data::read_documents(file, [&](std::string_view text, std::uint64_t) {
                  trainer.add(text);
                  return Result<void>();
                }));
    if (repaired > 0) std::fprintf(stderr, "note: %s\n", data::repair_note(file, repaired).c_str());
  }
  ORCH_ASSIGN(const std::string json, trainer.train());
  ORCH_TRY(make_directories(options.output));
  ORCH_TRY(tokenizer::write_tokenizer(options.output, json, trainer.config_json()));
  return 0;
}

}  // namespace orch::jobs
