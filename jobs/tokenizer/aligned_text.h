#pragma once
// Text that knows, for each of its bytes, which range of the input it came from, and the pieces
// that text is cut into on its way to the model. All edits keep the alignment exactly as Hugging
// Face's NormalizedString does, its oddities included: ids can depend on it. Thread: one.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_normalize.h"

namespace orch::tokenizer {

/// A range of input bytes.
struct InputSpan {
  std::uint32_t begin = 0, end = 0;
  bool operator==(const InputSpan&) const = default;
};

struct AlignedText {
  std::string bytes;
  std::vector<InputSpan> from;  ///< for each byte

  void append(std::string_view text, const InputSpan* spans);
  /// All bytes of `text` come from the same range.
  void append(std::string_view text, InputSpan span);
};

/// One piece as an edit sees it. Lifetime: until the text it lies in changes.
struct PieceView {
  std::string_view text;
  const InputSpan* from = nullptr;  ///< one for each byte
  InputSpan covers;                 ///< what of the input the whole piece stands for

  PieceView part(std::size_t begin, std::size_t end) const;
};

// Edits: each appends the whole new text of the piece to `out`.

/// Replaces the text by `changes`; `skipped` characters at its start go without a trace.
void transform(const PieceView& in, std::span<const CharacterChange> changes, std::size_t skipped,
               AlignedText& out);
/// Puts `prefix` before a text that is not empty.
void prepend(const PieceView& in, std::string_view prefix, AlignedText& out);
/// A part of text between two boundaries that a pattern made.
struct Match {
  std::size_t begin = 0, end = 0;
  bool is_match = false;
};
/// Each match becomes `content`. `matches` cover the text in order.
void replace(const PieceView& in, const std::vector<Match>& matches, std::string_view content,
             AlignedText& out);
/// Keeps the characters for which `keep` is true.
template <typename Keep>
void filter(const PieceView& in, AlignedText& out, const Keep& keep);

/// The pieces of one text. An added token that was found is a piece that no edit touches.
class Pieces {
 public:
  struct Piece {
    std::uint32_t begin = 0, end = 0;  ///< in text()
    InputSpan covers;
    std::int32_t added = -1;  ///< id of the added token
  };

  /// The whole input as one piece. It is valid UTF-8 of less than 4 GiB.
  explicit Pieces(std::string_view input);
  const AlignedText& text() const { return text_; }
  const std::vector<Piece>& list() const { return list_; }
  PieceView view(const Piece& piece) const;

  /// `edit(view, out)` appends the new text of each piece that is no added token.
  template <typename Edit>
  void rewrite(const Edit& edit) {
    AlignedText out;
    out.bytes.reserve(text_.bytes.size() + text_.bytes.size() / 2);
    out.from.reserve(text_.bytes.size() + text_.bytes.size() / 2);
    for (Piece& piece : list_) {
      const auto begin = static_cast<std::uint32_t>(out.bytes.size());
      const PieceView in = view(piece);
      if (piece.added >= 0)
        out.append(in.text, in.from);
      else
        edit(in, out);
      piece.begin = begin;
      piece.end = static_cast<std::uint32_t>(out.bytes.size());
    }
    text_ = std::move(out);
  }

  struct Part {
    std::size_t begin = 0, end = 0;  ///< in the piece
    std::int32_t added = -1;
  };
  /// `cut(view, parts)` says which parts of each piece that is no added token go on; empty ones are
  /// dropped.
  template <typename Cut>
  void split(const Cut& cut) {
    std::vector<Piece> out;
    out.reserve(list_.size() * 2);
    std::vector<Part> parts;
    for (const Piece& piece : list_) {
      if (piece.added >= 0) {
        out.push_back(piece);
        continue;
      }
      parts.clear();
      cut(view(piece), parts);
      for (const Part& part : parts) add_part(piece, part, out);
    }
    list_.swap(out);
  }

 private:
  void add_part(const Piece& piece, const Part& part, std::vector<Piece>& out) const;

  AlignedText text_;
  std::vector<Piece> list_;
};

template <typename Keep>
void filter(const PieceView& in, AlignedText& out, const Keep& keep) {
  std::vector<CharacterChange> changes;
  changes.reserve(in.text.size());
  std::int32_t removed = 0;
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < in.text.size();) {
    const Character c = character_at(in.text, i);
    i += c.size_bytes;
    if (!keep(c.code_point)) {
      ++removed;
      continue;
    }
    // What was removed before a character counts to the kept one before it.
    if (changes.empty())
      skipped = static_cast<std::size_t>(removed);
    else
      changes.back().change = -removed;
    changes.push_back({c.code_point, 0});
    removed = 0;
  }
  if (!changes.empty()) changes.back().change = -removed;
  transform(in, changes, skipped, out);
}

}  // namespace orch::tokenizer
