#pragma once
// Japanese words by MeCab with the IPA dictionary. Thread: one caller at a time.

#include <memory>
#include <string>

#include "base/result.h"
#include "jobs/score/words.h"

namespace orch::score {

class Mecab {
 public:
  /// `dictionary`: folder of a compiled UTF-8 IPA dictionary, "" for the system's.
  /// Errors: kNotFound: no such dictionary; kInvalid: another dictionary.
  static Result<Mecab> open(const std::string& dictionary = "");
  ~Mecab();
  Mecab(Mecab&&) noexcept;
  Mecab& operator=(Mecab&&) = delete;

  /// The surfaces, white space left out. MeCab itself takes quadratic time over a long run of one
  /// script and gives up where the costs of a path exceed 31 bits; so a text of more than 16,384
  /// characters is cut in pieces of at most 512, at the last line end, sentence end or space of
  /// each.  Errors: kInternal: MeCab's own.
  Result<Words> words(TextView text);
  /// "0.996"
  std::string version() const;

 private:
  struct Tagger;
  explicit Mecab(std::unique_ptr<Tagger> tagger);
  std::unique_ptr<Tagger> tagger_;
};

}  // namespace orch::score
