#pragma once
// Japanese words by MeCab with the IPA dictionary. Thread: one caller at a time.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::score {

class Mecab {
 public:
  /// `dictionary`: folder of a compiled UTF-8 IPA dictionary, "" for the system's.
  /// Errors: kNotFound: no such dictionary; kInvalid: another dictionary.
  static Result<Mecab> open(const std::string& dictionary = "");
  ~Mecab();
  Mecab(Mecab&&) noexcept;
  Mecab& operator=(Mecab&&) = delete;

  /// The surfaces, white space left out.  Lifetime: views into `text`.
  std::vector<std::string_view> words(std::string_view text);
  /// "0.996"
  std::string version() const;

 private:
  struct Tagger;
  explicit Mecab(std::unique_ptr<Tagger> tagger);
  std::unique_ptr<Tagger> tagger_;
};

}  // namespace orch::score
