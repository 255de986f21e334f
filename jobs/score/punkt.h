#pragma once
// English sentences by the Punkt model, as NLTK 3.9 splits them. The parameters are read once and
// immutable. Thread: any.

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "jobs/score/python_text.h"

namespace orch::score {

class Punkt {
 public:
  /// `folder` holds abbrev_types.txt, collocations.tab, sent_starters.txt, ortho_context.tab.
  /// Errors: kNotFound, kInvalid with file and line.
  static Result<Punkt> open(const std::string& folder);

  /// Lifetime: views into `text`.
  /// Source: Kiss & Strunk 2006, doi:10.1162/coli.2006.32.4.485; nltk/tokenize/punkt.py 3.9.1.
  std::vector<TextView> sentences(TextView text) const;

 private:
  struct Token;
  enum class Starter : unsigned char { kNo, kYes, kUnknown };

  bool contains_break(TextView context) const;
  void tokens_of_line(TextView line, std::vector<Token>& tokens) const;
  void first_pass(Token& token) const;
  void second_pass(Token& token, const Token& next) const;
  Starter sentence_starter(const Token& token) const;
  int orthography(TextView type) const;
  bool abbreviation(TextView word) const;

  std::unordered_set<Text> abbreviations_, starters_;
  std::unordered_set<Text> collocations_;  ///< both types, a tab between
  std::unordered_map<Text, int> orthography_;
};

}  // namespace orch::score
