#pragma once
// NLTK's word tokenizer for one sentence: the Penn Treebank rules with NLTK's additions.

#include <vector>

#include "jobs/score/word_ids.h"
#include "jobs/score/words.h"

namespace orch::score {

/// Appends the words of one sentence to `words`; they are texts of their own, for quotes are
/// rewritten. Linear in time and space.  Thread: any.
/// Source: nltk/tokenize/destructive.py 3.9.1 (rules in order, each over the result of the last).
void treebank_words(TextView sentence, Words& words);

/// The same words, sooner: no rule looks beyond the spaces on both sides of what it changes, but
/// for those of the sentence's end and of a quote at its beginning. So what stands between spaces
/// is cut by itself, once for each form, and plain words not at all.  Thread: one owner.
class Treebank {
 public:
  void words(TextView sentence, Words& out);

 private:
  void piece(TextView piece, bool first, bool last, Words& out);

  Text work_;                         ///< a piece with a word where its neighbours are
  std::vector<Text> keys_;            ///< pieces that were cut, and how they stood
  std::vector<std::uint32_t> slots_;  ///< index of a key + 1 by its hash; 0: free
  std::vector<std::uint32_t> ends_;   ///< of each key's words in known_
  Words known_, scratch_;
};

}  // namespace orch::score
