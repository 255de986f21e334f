#include "jobs/tokenizer/post_processor.h"

#include <algorithm>

#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

using Part = std::vector<EncodedToken>;

std::uint32_t forward(std::string_view input, std::uint32_t at, std::uint32_t characters,
                      std::uint32_t end) {
  for (; characters > 0 && at < end && at < input.size(); --characters) {
    ++at;
    while (at < end && at < input.size() && continues_character(input[at])) ++at;
  }
  return std::min(at, end);
}

/// `at` itself if there are not that many characters before it.
std::uint32_t backward(std::string_view input, std::uint32_t at, std::uint32_t characters) {
  if (at > input.size()) return at;
  std::uint32_t i = at;
  for (; characters > 0; --characters) {
    if (i == 0) return at;
    --i;
    while (i > 0 && continues_character(input[i])) --i;
  }
  return i;
}

void trim(Part& part, std::string_view input, bool add_prefix_space) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    EncodedToken& token = part[i];
    // One space at the start may be the one that was added before the text.
    const bool added = (i == 0 || token.at.begin == 0) && add_prefix_space && token.leading == 1;
    if (!added) token.at.begin = forward(input, token.at.begin, token.leading, token.at.end);
    if (token.trailing > 0)
      token.at.end = std::max(backward(input, token.at.end, token.trailing), token.at.begin);
  }
}

void surround(std::vector<Part>& parts, std::int32_t cls, std::int32_t sep, bool sep_before_rest) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const EncodedToken begin{i == 0 ? cls : sep, {}}, end{sep, {}};
    if (i == 0 || sep_before_rest) parts[i].insert(parts[i].begin(), begin);
    parts[i].push_back(end);
  }
}

struct Process {
  std::vector<Part>& parts;
  std::string_view input;
  bool special;

  void operator()(const spec::ByteLevel& s) const {
    if (!s.trim_offsets) return;
    for (Part& part : parts) trim(part, input, s.add_prefix_space);
  }
  void operator()(const spec::BertProcessing& s) const {
    if (special) surround(parts, s.cls, s.sep, false);
  }
  void operator()(const spec::RobertaProcessing& s) const {
    if (s.trim_offsets)
      for (Part& part : parts) trim(part, input, s.add_prefix_space);
    if (special) surround(parts, s.cls, s.sep, true);
  }
  void operator()(const spec::TemplateProcessing& s) const {
    std::vector<Part> out;
    for (const auto& piece : parts.size() == 2 ? s.pair : s.single) {
      if (piece.is_sequence) {
        if (piece.second && parts.size() < 2) continue;
        out.push_back(parts[piece.second ? 1 : 0]);
      } else if (special) {
        Part made;
        for (const std::int32_t id : piece.ids) made.push_back({id, {}});
        out.push_back(std::move(made));
      }
    }
    parts.swap(out);
  }
};

}  // namespace

bool trims_offsets(const std::vector<PostProcessorSpec>& processors) {
  return std::any_of(processors.begin(), processors.end(), [](const PostProcessorSpec& p) {
    const auto* bytes = std::get_if<spec::ByteLevel>(&p);
    const auto* roberta = std::get_if<spec::RobertaProcessing>(&p);
    return (bytes != nullptr && bytes->trim_offsets) ||
           (roberta != nullptr && roberta->trim_offsets);
  });
}

void count_white_space(std::string_view spelling, EncodedToken& token) {
  const std::uint32_t spelled_space = byte_characters()[' '];
  token.leading = 0;
  token.trailing = 0;
  bool leading = true;
  for (std::size_t i = 0; i < spelling.size();) {
    const Character c = character_at(spelling, i);
    i += c.size_bytes;
    const bool space = c.code_point == spelled_space || is_white_space(c.code_point);
    leading = leading && space;
    if (leading) ++token.leading;
    token.trailing = space ? token.trailing + 1 : 0;
  }
}

std::size_t added_by(const std::vector<PostProcessorSpec>& processors) {
  std::size_t added = 0;
  for (const PostProcessorSpec& processor : processors) {
    if (const auto* made = std::get_if<spec::TemplateProcessing>(&processor))
      for (const spec::TemplatePiece& piece : made->single) added += piece.ids.size();
    else if (!std::holds_alternative<spec::ByteLevel>(processor))
      added += 2;
  }
  return added;
}

std::vector<EncodedToken> post_process(const std::vector<PostProcessorSpec>& processors,
                                       std::vector<EncodedToken> tokens, std::string_view input,
                                       bool special) {
  if (processors.empty()) return tokens;
  std::vector<Part> parts;
  parts.push_back(std::move(tokens));
  for (const PostProcessorSpec& processor : processors)
    std::visit(Process{parts, input, special}, processor);
  Part out;
  for (Part& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

}  // namespace orch::tokenizer
