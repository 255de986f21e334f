#pragma once
// Words of a text in a language, by the program that the published scores used: NLTK for English,
// French, Spanish and Russian, jieba for Chinese, MeCab for Japanese. A resource is opened when
// first needed. Owned by one run of the scorer. Thread: one.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/score/jieba.h"
#include "jobs/score/mecab.h"
#include "jobs/score/punkt.h"
#include "jobs/score/python_text.h"
#include "jobs/score/treebank.h"

namespace orch::score {

enum class Language : unsigned char { kEnglish, kFrench, kSpanish, kRussian, kChinese, kJapanese };

/// "en", "fr", "es", "ru", "zh", "ja", their English names, and "jp", "fra", "spa" of the released
/// scripts.  Errors: kInvalid.
Result<Language> parse_language(const std::string& name);

/// Where the resources are. Empty: nowhere.
struct SegmenterFolders {
  std::vector<std::string> punkt;  ///< candidates, the first that exists counts
  std::vector<std::string> jieba;
  std::string mecab;         ///< "": the system's
  bool punkt_given = false;  ///< by the user: then it must exist
};
/// As the environment says: `punkt` (--punkt, may be ""), else NLTK's own search path; jieba in
/// $ORCH_JIEBA, beside the programs, or where set-up put it.
SegmenterFolders segmenter_folders(const std::string& punkt);

class Segmenter {
 public:
  explicit Segmenter(SegmenterFolders folders) : folders_(std::move(folders)) {}

  /// Errors: kNotFound: a resource is missing, with what to install.
  Result<Words> words(Language language, TextView text);
  Result<Mecab*> mecab();

 private:
  Result<const Punkt*> punkt();
  Result<const Jieba*> jieba();

  SegmenterFolders folders_;
  std::optional<Punkt> punkt_;
  Treebank treebank_;
  std::optional<Jieba> jieba_;
  std::optional<Mecab> mecab_;
};

}  // namespace orch::score
