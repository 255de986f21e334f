#pragma once
// Chinese words as jieba 0.42 cuts them: precise mode (most probable path over a dictionary),
// unknown runs by its hidden Markov model. Both tables are read once from jieba's own files.
// Thread: any.

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "jobs/score/python_text.h"

namespace orch::score {

class Jieba {
 public:
  /// `folder` holds dict.txt and finalseg/prob_emit.py of the jieba package.
  /// Errors: kNotFound, kInvalid with file and line.
  static Result<Jieba> open(const std::string& folder);

  /// list(jieba.cut(text)): white space and punctuation are words too.
  /// Lifetime: views into `text`.  Source: jieba/__init__.py, jieba/finalseg/__init__.py 0.42.1.
  std::vector<TextView> cut(TextView text) const;

 private:
  /// A trie over dict.txt in breadth of one hash map: (node, character) → node.
  struct Node {
    double log_probability = 0;
    bool word = false;
  };
  using Emission = std::array<double, 4>;  ///< by state B, E, M, S; missing: kNever

  Result<void> read_words(const std::string& path);
  Result<void> read_emissions(const std::string& path);
  void cut_block(TextView block, std::vector<TextView>& words) const;
  void cut_unknown(TextView run, std::vector<TextView>& words) const;
  void cut_hidden(TextView run, std::vector<TextView>& words) const;
  const std::uint32_t* child(std::uint32_t node, char32_t c) const;
  bool known(TextView word) const;

  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;
  std::unordered_map<char32_t, Emission> emissions_;
  double unknown_ = 0;  ///< log probability of what is no word
};

}  // namespace orch::score
