// The sections `truncation` and `padding` of a tokenizer.json.

#include "jobs/tokenizer/tokenizer_file_reader.h"

namespace orch::tokenizer {

Result<bool> FileReader::is_left(object o, const std::string& what) const {
  const std::string name = text_of(o, "direction");
  if (name != "Left" && name != "Right") return wrong(what + ".direction", "Left or Right");
  return name == "Left";
}

Result<void> FileReader::read_truncation(object top) {
  if (absent(top, "truncation")) return {};
  object o;
  if (top["truncation"].get(o)) return wrong("truncation", "an object");
  ORCH_TRY(only(o, "truncation", {"direction", "max_length", "strategy", "stride"}));
  Truncation out;
  ORCH_ASSIGN(out.length_max, count(o, "max_length", "truncation"));
  ORCH_ASSIGN(out.stride, count(o, "stride", "truncation"));
  if (!absent(o, "direction")) {
    ORCH_ASSIGN(out.left, is_left(o, "truncation"));
  }
  const std::string strategy = text_of(o, "strategy");
  if (strategy != "LongestFirst" && strategy != "OnlyFirst" && strategy != "OnlySecond")
    return wrong("truncation.strategy", "LongestFirst, OnlyFirst or OnlySecond");
  out.second_only = strategy == "OnlySecond";
  out_.truncation = out;
  return {};
}

Result<void> FileReader::read_padding(object top) {
  if (absent(top, "padding")) return {};
  object o;
  if (top["padding"].get(o)) return wrong("padding", "an object");
  ORCH_TRY(
      only(o, "padding",
           {"strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token"}));
  Padding out;
  if (object fixed; !o["strategy"].get(fixed)) {
    ORCH_TRY(only(fixed, "padding.strategy", {"Fixed"}));
    ORCH_ASSIGN(out.fixed, count(fixed, "Fixed", "padding.strategy"));
  } else if (text_of(o, "strategy") != "BatchLongest") {
    return wrong("padding.strategy", "\"BatchLongest\" or {\"Fixed\": ...}");
  }
  ORCH_ASSIGN(out.left, is_left(o, "padding"));
  if (!absent(o, "pad_to_multiple_of")) {
    ORCH_ASSIGN(out.multiple_of, count(o, "pad_to_multiple_of", "padding"));
  }
  if (out.fixed.value_or(0) > kPaddedLengthMax || out.multiple_of > kPaddedLengthMax)
    return unsupported("padding to more than " + std::to_string(kPaddedLengthMax) + " tokens");
  ORCH_ASSIGN(const std::size_t id, count(o, "pad_id", "padding"));
  if (id >= static_cast<std::size_t>(kTokenIdMax)) return wrong("padding.pad_id", "a token's id");
  out.id = static_cast<std::int32_t>(id);
  ORCH_TRY(text(o, "pad_token", "padding"));
  out_.padding = out;
  return {};
}

}  // namespace orch::tokenizer
