#pragma once
// Test suites: items read from files, prompts as text, requests for a model as ids. Text and rules
// as in lm-evaluation-harness 0.4 (MMLU and MedQA prompts, context/continuation split). Thread:
// any; plain values.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/data/instruct_rows.h"
#include "jobs/tokenizer/tokenizer.h"

namespace orch::score {

enum class SuiteKind : unsigned char { kMultipleChoice, kGenerate };

/// One question. Few-shot examples are already part of `context`.
struct Item {
  std::int64_t doc_id = 0;
  std::string doc;                         ///< the document as JSON
  std::string context;                     ///< what the model reads
  std::vector<std::string> continuations;  ///< multiple choice: " A" or " copper"
  int gold = 0;                            ///< index of the right continuation
  std::string target;  ///< multiple choice: the right continuation; generate: the answer
};

struct Suite {
  std::string name;  ///< "mmlu_anatomy": the task of samples_<name>.jsonl
  SuiteKind kind = SuiteKind::kMultipleChoice;
  std::string group;  ///< "mmlu" for its subjects, else ""
  int num_fewshot = 0;
  int max_new_tokens = 16;
  std::int64_t items_original = 0;  ///< before `limit`
  std::vector<Item> items;
};

struct SuiteRequest {
  std::string name;
  std::string kind = "multiple_choice";  ///< multiple_choice | generate
  std::string format = "jsonl";          ///< jsonl | mmlu | medqa | pairs
  std::string path;                      ///< a file; mmlu: also the folder with dev/ and test/
  int num_fewshot = 0;
  int max_new_tokens = 16;
  int limit = 0;                            ///< 0: all items (of each subject)
  const data::TurnFormat* turns = nullptr;  ///< wrap prompts as a user's turn
};

/// One suite, or one a subject for an MMLU folder.
/// Errors: kInvalid: bad line (file and line), too few shots, unknown kind or format; kNotFound.
Result<std::vector<Suite>> load_suite(const SuiteRequest& request);

/// Ids for the model: log-likelihood of each continuation after the context.
struct TokenRequest {
  std::vector<std::int32_t> context;
  std::vector<std::vector<std::int32_t>> continuations;
};
/// Trailing white space of the context moves into the continuations; context + continuation are
/// encoded together and cut at the length of the encoded context. An empty context becomes the
/// end-of-text token.
TokenRequest token_request(const Item& item, const tokenizer::Tokenizer& tokenizer);
/// Cuts tokens from the left of the context until it and the longest continuation fit into so many
/// positions; at least one token stays. Returns how many were cut.
std::int64_t fit_request(TokenRequest& request, std::int64_t positions);
/// The prompt of a `generate` item.
std::vector<std::int32_t> prompt_ids(const Item& item, const tokenizer::Tokenizer& tokenizer);

}  // namespace orch::score
