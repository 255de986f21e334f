#include "jobs/score/segmenter.h"

#include "base/environment.h"
#include "base/file.h"

namespace orch::score {

namespace {

struct LanguageName {
  const char* name;
  Language language;
};
constexpr LanguageName kLanguages[] = {
    {"en", Language::kEnglish},  {"english", Language::kEnglish},
    {"fr", Language::kFrench},   {"french", Language::kFrench},
    {"fra", Language::kFrench},  {"es", Language::kSpanish},
    {"spa", Language::kSpanish}, {"spanish", Language::kSpanish},
    {"ru", Language::kRussian},  {"russian", Language::kRussian},
    {"zh", Language::kChinese},  {"chinese", Language::kChinese},
    {"ja", Language::kJapanese}, {"japanese", Language::kJapanese},
    {"jp", Language::kJapanese}};

std::string listed(const std::vector<std::string>& folders) {
  std::string out;
  for (const std::string& folder : folders) out += (out.empty() ? "" : ", ") + folder;
  return out;
}

std::vector<std::string> nltk_folders() {
  std::vector<std::string> roots;
  const std::string path = environment("NLTK_DATA").value_or("");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin) roots.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  roots.push_back(join_path(home_directory(), "nltk_data"));
  for (const char* root : {"/usr/nltk_data", "/usr/share/nltk_data", "/usr/lib/nltk_data",
                           "/usr/local/share/nltk_data", "/usr/local/lib/nltk_data"})
    roots.emplace_back(root);
  for (std::string& root : roots) root = join_path(root, "tokenizers/punkt_tab/english");
  return roots;
}

}  // namespace

Result<Language> parse_language(const std::string& name) {
  std::string low;
  for (const char c : name) low += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (const LanguageName& known : kLanguages)
    if (low == known.name) return known.language;
  return invalid("no words are known for the language '" + name + "'",
                 "--language en, fr, es, ru, zh or ja");
}

SegmenterFolders segmenter_folders(const std::string& punkt) {
  SegmenterFolders folders;
  folders.punkt_given = !punkt.empty();
  if (punkt.empty())
    folders.punkt = nltk_folders();
  else
    folders.punkt = {punkt, join_path(punkt, "english"), join_path(punkt, "punkt_tab/english"),
                     join_path(punkt, "tokenizers/punkt_tab/english")};
  if (const auto given = environment("ORCH_JIEBA")) folders.jieba.push_back(*given);
  const std::string programs = executable_directory();
  folders.jieba.push_back(join_path(programs, "../share/orch/jieba"));
  folders.jieba.push_back(join_path(ORCH_RESOURCES, "jieba"));
  return folders;
}

Result<const Punkt*> Segmenter::punkt() {
  if (punkt_) return &*punkt_;
  for (const std::string& folder : folders_.punkt) {
    if (!file_exists(join_path(folder, "ortho_context.tab"))) continue;
    ORCH_ASSIGN(punkt_, Punkt::open(folder));
    return &*punkt_;
  }
  return not_found(
      "words need NLTK's English sentence model (abbrev_types.txt, collocations.tab, "
      "ortho_context.tab, sent_starters.txt), looked for in " +
          listed(folders_.punkt),
      "--punkt DIR, or python3 -m nltk.downloader punkt_tab");
}

Result<const Jieba*> Segmenter::jieba() {
  if (jieba_) return &*jieba_;
  for (const std::string& folder : folders_.jieba) {
    if (!file_exists(join_path(folder, "dict.txt"))) continue;
    ORCH_ASSIGN(jieba_, Jieba::open(folder));
    return &*jieba_;
  }
  return not_found(
      "Chinese words need jieba's dictionary (dict.txt, finalseg/prob_emit.py), looked for in " +
          listed(folders_.jieba),
      "./dev setup, or ORCH_JIEBA=DIR of an installed jieba package");
}

Result<Mecab*> Segmenter::mecab() {
  if (!mecab_) {
    ORCH_ASSIGN(auto opened, Mecab::open(folders_.mecab));
    mecab_.emplace(std::move(opened));
  }
  return &*mecab_;
}

Result<Words> Segmenter::words(Language language, TextView text) {
  Words out;
  if (language == Language::kChinese) {
    ORCH_ASSIGN(const Jieba* jieba, this->jieba());
    for (const TextView word : jieba->cut(text)) out.add(word);
  } else if (language == Language::kJapanese) {
    ORCH_ASSIGN(Mecab * mecab, this->mecab());
    return mecab->words(text);
  } else {
    ORCH_ASSIGN(const Punkt* punkt, this->punkt());
    for (const TextView sentence : punkt->sentences(text)) treebank_.words(sentence, out);
  }
  return out;
}

}  // namespace orch::score
