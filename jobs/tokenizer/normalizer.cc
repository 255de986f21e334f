#include "jobs/tokenizer/normalizer.h"

#include <algorithm>

#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/charsmap.h"
#include "jobs/tokenizer/grapheme.h"
#include "jobs/tokenizer/text_split.h"
#include "jobs/tokenizer/unicode_case.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

using Changes = std::vector<CharacterChange>;

template <typename Visit>
void for_each_character(std::string_view text, const Visit& visit) {
  for (std::size_t i = 0; i < text.size();) {
    const Character c = character_at(text, i);
    visit(c.code_point);
    i += c.size_bytes;
  }
}

/// One character for one.
template <typename Map>
void map_characters(const PieceView& in, AlignedText& out, const Map& map) {
  Changes changes;
  for_each_character(in.text, [&](std::uint32_t c) { changes.push_back({map(c), 0}); });
  transform(in, changes, 0, out);
}

/// Runs edits one after the other on one piece.
class Chain {
 public:
  explicit Chain(const PieceView& in) : view_(in) {}
  template <typename Edit>
  void then(const Edit& edit) {
    AlignedText out;
    edit(view_, out);
    text_ = std::move(out);
    view_.text = text_.bytes;
    view_.from = text_.from.data();
  }
  void finish(AlignedText& out) const { out.append(view_.text, view_.from); }

 private:
  PieceView view_;
  AlignedText text_;
};

void apply_form(const PieceView& in, NormalForm form, UnicodeVersion version, AlignedText& out) {
  Changes changes;
  normalize_changes(in.text, form, changes, version);
  transform(in, changes, 0, out);
}

void apply_lowercase(const PieceView& in, UnicodeVersion version, AlignedText& out) {
  Changes changes;
  for_each_character(in.text, [&](std::uint32_t c) {
    const auto lower = lower_case(c, version);
    if (lower.empty()) return changes.push_back({c, 0});
    for (std::size_t i = 0; i < lower.size(); ++i) changes.push_back({lower[i], i > 0 ? 1 : 0});
  });
  transform(in, changes, 0, out);
}

class FormNormalizer : public Normalizer {
 public:
  FormNormalizer(NormalForm form, UnicodeVersion version) : form_(form), version_(version) {}
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    apply_form(in, form_, version_, out);
  }

 private:
  NormalForm form_;
  UnicodeVersion version_;
};

class LowercaseNormalizer : public Normalizer {
 public:
  explicit LowercaseNormalizer(UnicodeVersion version) : version_(version) {}
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    apply_lowercase(in, version_, out);
  }

 private:
  UnicodeVersion version_;
};

class StripAccentsNormalizer : public Normalizer {
 public:
  explicit StripAccentsNormalizer(UnicodeVersion version) : version_(version) {}
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    filter(in, out, [&](std::uint32_t c) { return !is_combining_mark(c, version_); });
  }

 private:
  UnicodeVersion version_;
};

bool nmt_drops(std::uint32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         c == 0x8F || c == 0x9F;
}

bool nmt_space(std::uint32_t c) {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
         c == 0xFFFD;
}

class NmtNormalizer : public Normalizer {
 public:
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    Chain chain(in);
    chain.then([](const PieceView& v, AlignedText& o) {
      filter(v, o, [](std::uint32_t c) { return !nmt_drops(c); });
    });
    chain.then([](const PieceView& v, AlignedText& o) {
      map_characters(v, o, [](std::uint32_t c) { return nmt_space(c) ? 0x20 : c; });
    });
    chain.finish(out);
  }
};

class SpellingNormalizer : public Normalizer {
 public:
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    if (!in.text.empty()) spell_piece(in, out);
  }
};

class StripNormalizer : public Normalizer {
 public:
  explicit StripNormalizer(const spec::Strip& spec) : spec_(spec) {}
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    std::vector<std::uint32_t> all;
    for_each_character(in.text, [&](std::uint32_t c) { all.push_back(c); });
    const auto leading =
        static_cast<std::size_t>(std::find_if_not(all.begin(), all.end(), is_white_space) -
                                 all.begin()) *
        (spec_.left ? 1 : 0);
    const auto trailing =
        static_cast<std::size_t>(std::find_if_not(all.rbegin(), all.rend(), is_white_space) -
                                 all.rbegin()) *
        (spec_.right ? 1 : 0);
    if (leading == 0 && trailing == 0) return out.append(in.text, in.from);
    Changes changes;
    for (std::size_t i = leading; i + trailing < all.size(); ++i) {
      // The original looks for the last character that stays by a count of bytes.
      const bool last = i + trailing + 1 == in.text.size();
      changes.push_back({all[i], last ? -static_cast<std::int32_t>(trailing) : 0});
    }
    transform(in, changes, leading, out);
  }

 private:
  spec::Strip spec_;
};

class PrependNormalizer : public Normalizer {
 public:
  explicit PrependNormalizer(std::string text) : text_(std::move(text)) {}
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    prepend(in, text_, out);
  }

 private:
  std::string text_;
};

class ReplaceNormalizer : public Normalizer {
 public:
  ReplaceNormalizer(TextMatcher matcher, std::string content)
      : matcher_(std::move(matcher)), content_(std::move(content)) {}
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch& scratch) const override {
    if (in.text.empty()) return;
    std::vector<Match> found;
    matcher_.matches(in.text, scratch, found);
    replace(in, found, content_, out);
  }

 private:
  TextMatcher matcher_;
  std::string content_;
};

class BertNormalizer : public Normalizer {
 public:
  BertNormalizer(const spec::BertNormalizer& spec, const UnicodeProfile& unicode)
      : spec_(spec), unicode_(unicode) {}
  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    Chain chain(in);
    if (spec_.clean_text) clean(chain);
    if (spec_.handle_chinese_chars) chain.then(space_chinese);
    if (spec_.strip_accents) strip_accents(chain);
    if (spec_.lowercase)
      chain.then(
          [&](const PieceView& v, AlignedText& o) { apply_lowercase(v, unicode_.letters, o); });
    chain.finish(out);
  }

 private:
  void clean(Chain& chain) const {
    chain.then([&](const PieceView& v, AlignedText& o) {
      filter(v, o, [&](std::uint32_t c) {
        return c != 0 && c != 0xFFFD && !is_bert_dropped(c, unicode_.bert);
      });
    });
    chain.then([](const PieceView& v, AlignedText& o) {
      map_characters(v, o, [](std::uint32_t c) { return is_white_space(c) ? 0x20 : c; });
    });
  }
  void strip_accents(Chain& chain) const {
    chain.then([&](const PieceView& v, AlignedText& o) {
      apply_form(v, NormalForm::kNfd, unicode_.normal_forms, o);
    });
    chain.then([&](const PieceView& v, AlignedText& o) {
      filter(v, o, [&](std::uint32_t c) { return !is_bert_accent(c, unicode_.bert); });
    });
  }
  static void space_chinese(const PieceView& in, AlignedText& out) {
    Changes changes;
    for_each_character(in.text, [&](std::uint32_t c) {
      if (!is_bert_chinese(c)) return changes.push_back({c, 0});
      changes.push_back({' ', 0});
      changes.push_back({c, 1});
      changes.push_back({' ', 1});
    });
    transform(in, changes, 0, out);
  }

  spec::BertNormalizer spec_;
  UnicodeProfile unicode_;
};

/// Longer grapheme clusters are replaced character by character.
constexpr std::size_t kClusterBytesMax = 6;

class PrecompiledNormalizer : public Normalizer {
 public:
  explicit PrecompiledNormalizer(Charsmap map) : map_(std::move(map)) {}

  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    Changes changes;
    bool modified = false;
    for (std::size_t begin = 0; begin < in.text.size();) {
      const std::size_t end = cluster_end(in.text, begin);
      const std::string_view cluster = in.text.substr(begin, end - begin);
      begin = end;
      if (cluster.size() < kClusterBytesMax && replace_part(cluster, changes)) {
        modified = true;
        continue;
      }
      for (std::size_t i = 0; i < cluster.size();) {
        const Character c = character_at(cluster, i);
        if (replace_part(cluster.substr(i, c.size_bytes), changes))
          modified = true;
        else
          changes.push_back({c.code_point, 0});
        i += c.size_bytes;
      }
    }
    if (!modified) return out.append(in.text, in.from);
    transform(in, changes, 0, out);
  }

 private:
  static std::size_t cluster_end(std::string_view text, std::size_t begin) {
    const auto plain = [&](std::size_t i) {
      return i >= text.size() || (text[i] >= ' ' && static_cast<unsigned char>(text[i]) < 0x7F);
    };
    return plain(begin) && plain(begin + 1) ? begin + 1 : grapheme_end(text, begin);
  }

  bool replace_part(std::string_view part, Changes& changes) const {
    const auto found = map_.find(part);
    if (found) put(part, *found, changes);
    return found.has_value();
  }

  static void put(std::string_view part, std::string_view replacement, Changes& changes) {
    std::ptrdiff_t grown = 0;
    for_each_character(part, [&](std::uint32_t) { --grown; });
    for_each_character(replacement, [&](std::uint32_t c) {
      changes.push_back({c, 0});
      ++grown;
    });
    // The last characters are the inserted ones; a shrunken part is the last character's business.
    for (auto c = changes.rbegin(); grown > 0 && c != changes.rend(); ++c, --grown) c->change = 1;
    if (grown < 0 && !changes.empty()) changes.back().change += static_cast<std::int32_t>(grown);
  }

  Charsmap map_;
};

/// Replaces the longest entry at each place.
class LongestMatchNormalizer : public Normalizer {
 public:
  explicit LongestMatchNormalizer(Charsmap map) : map_(std::move(map)) {}

  void apply(const PieceView& in, AlignedText& out, Pattern::Scratch&) const override {
    for (std::size_t i = 0; i < in.text.size();) {
      Charsmap::Entry entry = map_.find_longest(in.text.substr(i));
      if (valid_utf8_prefix(in.text.substr(i, entry.bytes)) != entry.bytes) entry = {};
      const std::size_t bytes = entry.bytes > 0 ? entry.bytes : character_at(in.text, i).size_bytes;
      if (entry.bytes == 0)
        out.append(in.text.substr(i, bytes), in.from + i);
      else
        out.append(entry.replacement, {in.from[i].begin, in.from[i + bytes - 1].end});
      i += bytes;
    }
  }

 private:
  Charsmap map_;
};

/// Makes the object for each spec.
struct NormalizerMaker {
  const UnicodeProfile& unicode;
  using Made = Result<std::unique_ptr<const Normalizer>>;

  Made operator()(const spec::Nfc&) const { return form(NormalForm::kNfc); }
  Made operator()(const spec::Nfd&) const { return form(NormalForm::kNfd); }
  Made operator()(const spec::Nfkc&) const { return form(NormalForm::kNfkc); }
  Made operator()(const spec::Nfkd&) const { return form(NormalForm::kNfkd); }
  Made operator()(const spec::Lowercase&) const {
    return {std::make_unique<LowercaseNormalizer>(unicode.letters)};
  }
  Made operator()(const spec::StripAccents&) const {
    return {std::make_unique<StripAccentsNormalizer>(unicode.normal_forms)};
  }
  Made operator()(const spec::Nmt&) const { return {std::make_unique<NmtNormalizer>()}; }
  Made operator()(const spec::ByteLevelSpelling&) const {
    return {std::make_unique<SpellingNormalizer>()};
  }
  Made operator()(const spec::Strip& s) const { return {std::make_unique<StripNormalizer>(s)}; }
  Made operator()(const spec::Prepend& s) const {
    return {std::make_unique<PrependNormalizer>(s.text)};
  }
  Made operator()(const spec::Replace& s) const {
    ORCH_ASSIGN(TextMatcher matcher, TextMatcher::make(s.pattern, unicode.patterns));
    return {std::make_unique<ReplaceNormalizer>(std::move(matcher), s.content)};
  }
  Made operator()(const spec::BertNormalizer& s) const {
    return {std::make_unique<BertNormalizer>(s, unicode)};
  }
  Made operator()(const spec::Precompiled& s) const {
    ORCH_ASSIGN(Charsmap map, Charsmap::parse(s.charsmap));
    if (s.longest_match) return {std::make_unique<LongestMatchNormalizer>(std::move(map))};
    return {std::make_unique<PrecompiledNormalizer>(std::move(map))};
  }
  Made form(NormalForm f) const {
    return {std::make_unique<FormNormalizer>(f, unicode.normal_forms)};
  }
};

}  // namespace

Result<Normalizers> make_normalizers(const std::vector<NormalizerSpec>& specs,
                                     const UnicodeProfile& unicode) {
  Normalizers out;
  for (const NormalizerSpec& spec : specs) {
    ORCH_ASSIGN(auto made, std::visit(NormalizerMaker{unicode}, spec));
    out.push_back(std::move(made));
  }
  return out;
}

std::string normalized_text(const Normalizers& normalizers, std::string_view text,
                            Pattern::Scratch& scratch) {
  Pieces pieces(text);
  for (const auto& normalizer : normalizers)
    pieces.rewrite(
        [&](const PieceView& in, AlignedText& out) { normalizer->apply(in, out, scratch); });
  return pieces.text().bytes;
}

void spell_piece(const PieceView& in, AlignedText& out) {
  Changes changes;
  changes.reserve(in.text.size());
  for (std::size_t i = 0; i < in.text.size();) {
    const std::size_t end = i + character_at(in.text, i).size_bytes;
    for (std::int32_t change = 0; i < end; ++i, change = 1)
      changes.push_back({byte_characters()[static_cast<unsigned char>(in.text[i])], change});
  }
  transform(in, changes, 0, out);
}

}  // namespace orch::tokenizer
