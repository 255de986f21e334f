#pragma once
// Rows {"prompt": …, "answer": …} in a turn format of literal strings: one pair a row, loss on the
// answer and the end only. The same text is a chat_template.jinja, so that `transformers` gives the
// same ids. Thread: any, after open.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/model/batch.h"
#include "jobs/tokenizer/tokenizer.h"

namespace orch::data {

struct TurnFormat {
  std::string user_prefix = "Human: \n", user_suffix = "\n\n";
  std::string assistant_prefix = "Assistant: \n", assistant_suffix;
  /// What a generation starts from: the user's turn and the opening of the assistant's.
  std::string prompt(std::string_view user) const;
  /// A whole row without the end-of-text token.
  std::string row(std::string_view user, std::string_view assistant) const;
  bool operator==(const TurnFormat&) const = default;
};

/// chat_template.jinja for the format. `begin`: text of the tokens that the tokenizer puts first
/// ("" if none).
std::string chat_template(const TurnFormat& format, std::string_view begin);
/// {"user_prefix": …}: kept beside a checkpoint, so that evaluation can wrap prompts the same way.
std::string turn_format_json(const TurnFormat& format);
Result<TurnFormat> parse_turn_format(std::string_view json, const std::string& where);

class InstructRows {
 public:
  /// Errors: kInvalid with file and line: bad JSON, missing key, a row longer than `length` tokens.
  static Result<std::unique_ptr<InstructRows>> open(const std::string& path,
                                                    const tokenizer::Tokenizer& tokenizer,
                                                    const TurnFormat& format, std::uint64_t seed,
                                                    int length);

  std::uint64_t size() const { return rows_.size(); }
  /// Rows [first_slot, first_slot + count) of the endless sequence of epochs, each a permutation;
  /// right-padded.
  void fill(std::uint64_t first_slot, int count, model::Batch& batch) const;
  /// "rows.jsonl:17 (epoch 0)"
  std::string provenance(std::uint64_t slot) const;
  /// Names the rows in ledgers: SHA-256 over ids and borders.
  const std::string& digest() const { return digest_; }

 private:
  struct Row {
    std::vector<std::int32_t> ids;
    std::size_t answer = 0;  ///< first position of `ids` that belongs to the answer
    std::uint64_t line = 0;
  };
  std::uint64_t row_of(std::uint64_t slot) const;
  std::string path_, digest_;
  std::vector<Row> rows_;
  std::uint64_t seed_ = 0;
  int length_ = 0;
  std::int32_t padding_ = 0;
};

}  // namespace orch::data
