// Post-processors and decoders of a tokenizer.json.

#include <algorithm>

#include "jobs/tokenizer/tokenizer_file_reader.h"

namespace orch::tokenizer {

/// One half of a pair such as ["[SEP]", 102].
Result<std::int32_t> FileReader::named_id(object o, const char* key,
                                          const std::string& what) const {
  array pair;
  std::string_view name;
  std::int64_t id = -1;
  if (o[key].get(pair) || pair.size() != 2 || pair.at(0).get(name) || pair.at(1).get(id))
    return wrong(what + "." + key, "[token, id]");
  if (!known(id))
    return invalid(where_ + ": " + what + "." + key + ": no token has id " + std::to_string(id));
  return static_cast<std::int32_t>(id);
}

Result<std::vector<spec::TemplatePiece>> FileReader::pieces_of(object o, const char* key,
                                                               object specials) const {
  const std::string what = std::string("post_processor TemplateProcessing.") + key;
  array list;
  if (o[key].get(list)) return wrong(what, "a list");
  std::vector<spec::TemplatePiece> out;
  for (const element e : list) {
    object piece, body;
    if (e.get(piece) || piece.size() != 1) return wrong("a piece of " + what, "an object");
    spec::TemplatePiece made;
    if (!piece["Sequence"].get(body)) {
      const std::string id = text_of(body, "id");
      if (id != "A" && id != "B") return wrong("the id of a Sequence in " + what, "A or B");
      made.is_sequence = true;
      made.second = id == "B";
    } else if (!piece["SpecialToken"].get(body)) {
      const std::string name = text_of(body, "id");
      array ids;
      if (specials[name]["ids"].get(ids))
        return wrong("post_processor.special_tokens '" + name + "'", "there, with ids");
      for (const element number : ids) {
        std::int64_t id = -1;
        if (number.get(id) || !known(id))
          return wrong("the id of post_processor.special_tokens '" + name + "'", "known");
        made.ids.push_back(static_cast<std::int32_t>(id));
      }
    } else {
      return wrong("a piece of " + what, "a Sequence or a SpecialToken");
    }
    out.push_back(std::move(made));
  }
  return out;
}

Result<spec::TemplateProcessing> FileReader::template_of(object o, const std::string& what) const {
  ORCH_TRY(only(o, what, {"type", "single", "pair", "special_tokens"}));
  object specials;
  if (o["special_tokens"].get(specials)) return wrong(what + ".special_tokens", "an object");
  spec::TemplateProcessing out;
  ORCH_ASSIGN(out.single, pieces_of(o, "single", specials));
  ORCH_ASSIGN(out.pair, pieces_of(o, "pair", specials));
  bool text_seen = false;
  for (const auto& piece : out.single) {
    if (piece.is_sequence && piece.second) return wrong(what + ".single", "without the sequence B");
    text_seen = text_seen || piece.is_sequence;
  }
  if (!text_seen) return wrong(what + ".single", "a template with a Sequence");
  return out;
}

Result<void> FileReader::read_post_processor(element e, int depth) {
  object o;
  ORCH_ASSIGN(const std::string type, component(e, "post_processor", depth, o));
  const std::string what = "post_processor " + type;
  auto& list = out_.post_processors;
  if (type == "Sequence") {
    ORCH_ASSIGN(const array parts, parts_of(o, "processors", what));
    for (const element part : parts) ORCH_TRY(read_post_processor(part, depth + 1));
  } else if (type == "ByteLevel") {
    ORCH_ASSIGN(const spec::ByteLevel bytes, byte_level(o, what));
    list.push_back(bytes);
  } else if (type == "TemplateProcessing") {
    ORCH_ASSIGN(spec::TemplateProcessing made, template_of(o, what));
    list.push_back(std::move(made));
  } else if (type == "BertProcessing") {
    ORCH_TRY(only(o, what, {"type", "sep", "cls"}));
    spec::BertProcessing bert;
    ORCH_ASSIGN(bert.cls, named_id(o, "cls", what));
    ORCH_ASSIGN(bert.sep, named_id(o, "sep", what));
    list.push_back(bert);
  } else if (type == "RobertaProcessing") {
    ORCH_TRY(only(o, what, {"type", "sep", "cls", "trim_offsets", "add_prefix_space"}));
    spec::RobertaProcessing roberta;
    ORCH_ASSIGN(roberta.cls, named_id(o, "cls", what));
    ORCH_ASSIGN(roberta.sep, named_id(o, "sep", what));
    ORCH_ASSIGN(roberta.trim_offsets, flag(o, "trim_offsets", what));
    ORCH_ASSIGN(roberta.add_prefix_space, flag(o, "add_prefix_space", what));
    list.push_back(roberta);
  } else {
    return unsupported("post_processor '" + type + "'");
  }
  return {};
}

/// A template makes as many parts as it has pieces; the next one takes one part for a text and two
/// for a pair of texts, as the original does, and has no template for more.
Result<void> FileReader::check_template_counts() const {
  for (const bool special : {false, true}) {
    std::size_t parts = 1;
    for (const auto& processor : out_.post_processors) {
      const auto* made = std::get_if<spec::TemplateProcessing>(&processor);
      if (made == nullptr) continue;
      if (parts > 2)
        return unsupported("post_processor Sequence: a TemplateProcessing of " +
                           std::to_string(parts) + " parts");
      const auto& pieces = parts == 2 ? made->pair : made->single;
      parts = static_cast<std::size_t>(
          std::count_if(pieces.begin(), pieces.end(),
                        [&](const auto& piece) { return special || piece.is_sequence; }));
    }
  }
  return {};
}

Result<void> FileReader::read_decoder(element e, int depth) {
  object o;
  ORCH_ASSIGN(const std::string type, component(e, "decoder", depth, o));
  const std::string what = "decoder " + type;
  auto& list = *out_.decoders;
  if (type == "Sequence") {
    ORCH_ASSIGN(const array parts, parts_of(o, "decoders", what));
    for (const element part : parts) ORCH_TRY(read_decoder(part, depth + 1));
  } else if (type == "ByteLevel") {
    ORCH_ASSIGN(const spec::ByteLevel bytes, byte_level(o, what));
    list.push_back(bytes);
  } else if (type == "ByteFallback" || type == "Fuse") {
    ORCH_TRY(only(o, what, {"type"}));
    list.push_back(type == "Fuse" ? DecoderSpec(spec::Fuse{}) : DecoderSpec(spec::ByteFallback{}));
  } else if (type == "Strip") {
    ORCH_TRY(only(o, what, {"type", "content", "start", "stop"}));
    spec::StripDecoder strip;
    ORCH_ASSIGN(strip.content, character(o, "content", what));
    ORCH_ASSIGN(strip.start, count(o, "start", what));
    ORCH_ASSIGN(strip.stop, count(o, "stop", what));
    list.push_back(std::move(strip));
  } else if (type == "Replace") {
    ORCH_ASSIGN(spec::Replace found, replace(o, what));
    list.push_back(std::move(found));
  } else if (type == "Metaspace") {
    ORCH_ASSIGN(spec::Metaspace space, metaspace(o, what));
    list.push_back(std::move(space));
  } else if (type == "WordPiece") {
    ORCH_TRY(only(o, what, {"type", "prefix", "cleanup"}));
    spec::WordPieceDecoder words;
    ORCH_ASSIGN(words.prefix, text(o, "prefix", what));
    ORCH_ASSIGN(words.cleanup, flag(o, "cleanup", what));
    list.push_back(std::move(words));
  } else if (type == "BPEDecoder") {
    ORCH_TRY(only(o, what, {"type", "suffix"}));
    ORCH_ASSIGN(std::string suffix, text(o, "suffix", what));
    list.push_back(spec::BpeDecoder{std::move(suffix)});
  } else if (type == "CTC") {
    ORCH_TRY(only(o, what, {"type", "pad_token", "word_delimiter_token", "cleanup"}));
    spec::Ctc ctc;
    ORCH_ASSIGN(ctc.pad_token, text(o, "pad_token", what));
    ORCH_ASSIGN(ctc.word_delimiter_token, text(o, "word_delimiter_token", what));
    ORCH_ASSIGN(ctc.cleanup, flag(o, "cleanup", what));
    list.push_back(std::move(ctc));
  } else {
    return unsupported("decoder '" + type + "'");
  }
  return {};
}

}  // namespace orch::tokenizer
