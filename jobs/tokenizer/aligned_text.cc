#include "jobs/tokenizer/aligned_text.h"

#include <algorithm>
#include <optional>

namespace orch::tokenizer {

namespace {

/// The part of the text that the piece's whole input range maps to. Bytes at the start that came
/// from nothing are not in it. Nothing: there is no such part, and the text stays as it is.
std::optional<Match> mapped_part(const PieceView& in) {
  if (in.covers.begin == in.covers.end) return Match{0, 0};
  std::optional<std::size_t> begin, end;
  for (std::size_t i = 0; i < in.text.size() && in.from[i].end <= in.covers.end; ++i) {
    if (!begin && in.covers.begin <= in.from[i].begin && in.from[i].begin != in.from[i].end)
      begin = i;
    end = i + 1;
  }
  if (!end) return std::nullopt;
  return Match{begin.value_or(*end), *end};
}

/// Size of the character at i, not beyond `end`.
std::size_t step(std::string_view text, std::size_t i, std::size_t end) {
  return i < end ? character_at(text, i).size_bytes : 0;
}

void transform_part(const PieceView& in, std::size_t begin, std::size_t end,
                    std::span<const CharacterChange> changes, std::size_t skipped,
                    AlignedText& out) {
  out.append(in.text.substr(0, begin), in.from);
  std::size_t at = begin;
  for (; skipped > 0 && at < end; --skipped) at += step(in.text, at, end);
  std::string spelled;
  for (const CharacterChange& c : changes) {
    InputSpan span{in.covers.begin, in.covers.begin};
    if (c.change > 0 && at > 0)
      span = in.from[at - 1];
    else if (c.change <= 0 && !in.text.empty())
      span = in.from[std::min(at, in.text.size() - 1)];
    for (std::int32_t n = c.change; n <= 0 && at < end; ++n) at += step(in.text, at, end);
    spelled.clear();
    append_utf8(spelled, c.code_point);
    out.append(spelled, span);
  }
  out.append(in.text.substr(end), in.from + end);
}

}  // namespace

void AlignedText::append(std::string_view text, const InputSpan* spans) {
  bytes.append(text);
  from.insert(from.end(), spans, spans + text.size());
}

void AlignedText::append(std::string_view text, InputSpan span) {
  bytes.append(text);
  from.insert(from.end(), text.size(), span);
}

PieceView PieceView::part(std::size_t begin, std::size_t end) const {
  PieceView out{text.substr(begin, end - begin), from + begin, {}};
  if (begin < end) out.covers = {from[begin].begin, from[end - 1].end};
  return out;
}

void transform(const PieceView& in, std::span<const CharacterChange> changes, std::size_t skipped,
               AlignedText& out) {
  const auto part = mapped_part(in);
  if (!part) return out.append(in.text, in.from);
  transform_part(in, part->begin, part->end, changes, skipped, out);
}

void prepend(const PieceView& in, std::string_view prefix, AlignedText& out) {
  if (in.text.empty()) return;
  const Character next = character_at(in.text, 0);
  std::vector<CharacterChange> changes;
  for (std::size_t i = 0; i < prefix.size();) {
    const Character c = character_at(prefix, i);
    changes.push_back({c.code_point, i == 0 ? 0 : 1});
    i += c.size_bytes;
  }
  changes.push_back({next.code_point, 1});
  transform_part(in, 0, next.size_bytes, changes, 0, out);
}

void replace(const PieceView& in, const std::vector<Match>& matches, std::string_view content,
             AlignedText& out) {
  for (const Match& match : matches) {
    if (!match.is_match) {
      out.append(in.text.substr(match.begin, match.end - match.begin), in.from + match.begin);
      continue;
    }
    const InputSpan nothing{in.covers.begin, in.covers.begin};
    out.append(content, match.end == 0 ? nothing : in.from[match.end - 1]);
  }
}

Pieces::Pieces(std::string_view input) {
  text_.bytes = input;
  text_.from.resize(input.size());
  for (std::size_t i = 0; i < input.size();) {
    const std::size_t end = i + character_at(input, i).size_bytes;
    const InputSpan span{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end)};
    for (; i < end; ++i) text_.from[i] = span;
  }
  const auto size = static_cast<std::uint32_t>(input.size());
  list_.push_back({0, size, {0, size}, -1});
}

PieceView Pieces::view(const Piece& piece) const {
  return {std::string_view(text_.bytes).substr(piece.begin, piece.end - piece.begin),
          text_.from.data() + piece.begin, piece.covers};
}

void Pieces::add_part(const Piece& piece, const Part& part, std::vector<Piece>& out) const {
  if (part.begin == part.end) return;
  const auto begin = piece.begin + static_cast<std::uint32_t>(part.begin);
  const auto end = piece.begin + static_cast<std::uint32_t>(part.end);
  out.push_back({begin, end, {text_.from[begin].begin, text_.from[end - 1].end}, part.added});
}

}  // namespace orch::tokenizer
