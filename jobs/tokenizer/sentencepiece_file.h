#pragma once
// A SentencePiece `.model` as the tokenizer.json that means the same: what `transformers` makes of
// such files, so that a folder that holds only a `.model` works, and its checkpoints load anywhere.
// Thread: any. Source: sentencepiece_model.proto (field numbers).

#include <string>
#include <string_view>

#include "base/result.h"

namespace orch::tokenizer {

/// `config_json` (may be empty) says whether BOS and EOS are added: add_bos_token (true if it says
/// nothing and the model has one), add_eos_token (false).
/// Errors: kInvalid: no such file, or a kind of model that is not supported, by name.
Result<std::string> convert_sentencepiece(std::string_view model, std::string_view config_json,
                                          const std::string& where);

}  // namespace orch::tokenizer
