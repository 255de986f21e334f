#include "jobs/score/mecab.h"

#include <mecab.h>

#include "base/file.h"

namespace orch::score {

namespace {

/// Entries of mecab-ipadic 2.7.0-20070801, and of Debian's, which has the name of the era that
/// began in 2019 as well; other dictionaries cut other words.
constexpr unsigned kIpadicEntries = 392126, kIpadicEntriesDebian = 392127;

bool is_utf8(std::string_view charset) {
  return charset == "UTF-8" || charset == "utf8" || charset == "utf-8" || charset == "UTF8";
}

constexpr std::size_t kWholeMax = 16384, kPieceMax = 512;

/// Where the text may be cut with the least harm.
std::size_t piece_size(TextView text) {
  if (text.size() <= kPieceMax) return text.size();
  for (const TextView ends : {U"\n", U"。！？!?", U" 　、，"}) {
    const std::size_t at = text.substr(0, kPieceMax).find_last_of(ends);
    if (at != TextView::npos) return at + 1;
  }
  return kPieceMax;
}

constexpr const char* kHint = "apt-get install mecab-ipadic-utf8";

/// Where Debian keeps compiled dictionaries.
constexpr const char* kFolders[] = {"/var/lib/mecab/dic/ipadic-utf8",
                                    "/usr/share/mecab/dic/ipadic-utf8", "/var/lib/mecab/dic/debian",
                                    "/usr/lib/x86_64-linux-gnu/mecab/dic/ipadic",
                                    "/usr/local/lib/mecab/dic/ipadic"};

}  // namespace

struct Mecab::Tagger {
  std::unique_ptr<MeCab::Tagger> tagger;
};

Mecab::Mecab(std::unique_ptr<Tagger> tagger) : tagger_(std::move(tagger)) {}
Mecab::~Mecab() = default;
Mecab::Mecab(Mecab&&) noexcept = default;

Result<Mecab> Mecab::open(const std::string& dictionary) {
  std::string folder = dictionary;
  for (const char* candidate : kFolders)
    if (folder.empty() && file_exists(join_path(candidate, "sys.dic"))) folder = candidate;
  if (folder.empty() || !file_exists(join_path(folder, "sys.dic")))
    return not_found("Japanese words need MeCab's IPA dictionary, and there is none" +
                         (folder.empty() ? std::string() : " in " + folder),
                     kHint);
  auto tagger = std::make_unique<Tagger>();
  // Without a resource file, so that a user's own settings cannot change the words.
  const std::string arguments = "-r /dev/null -d " + folder;
  tagger->tagger.reset(MeCab::createTagger(arguments.c_str()));
  if (!tagger->tagger)
    return invalid("MeCab cannot open the dictionary in " + folder + ": " + MeCab::getTaggerError(),
                   kHint);
  const MeCab::DictionaryInfo* const info = tagger->tagger->dictionary_info();
  const bool known = info->size == kIpadicEntries || info->size == kIpadicEntriesDebian;
  if (!known || info->next || !is_utf8(info->charset))
    return invalid("the dictionary in " + folder + " is not the UTF-8 IPA dictionary of " +
                       std::to_string(kIpadicEntries) + " entries",
                   kHint);
  return Mecab(std::move(tagger));
}

std::string Mecab::version() const { return tagger_->tagger->version(); }

Result<Words> Mecab::words(TextView text) {
  Words out;
  const bool whole = text.size() <= kWholeMax;
  while (!text.empty()) {
    const TextView piece = whole ? text : text.substr(0, piece_size(text));
    text.remove_prefix(piece.size());
    const std::string bytes = encode(piece);
    const MeCab::Node* node = tagger_->tagger->parseToNode(bytes.data(), bytes.size());
    if (!node) return internal(std::string("MeCab: ") + tagger_->tagger->what());
    for (; node; node = node->next)
      if (node->stat != MECAB_BOS_NODE && node->stat != MECAB_EOS_NODE)
        out.add(decode(std::string_view(node->surface, node->length)));
  }
  return out;
}

}  // namespace orch::score
