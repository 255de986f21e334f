#pragma once
// The reader of tokenizer.json, shared by the files that read its parts. Private to them; thread:
// one.

#include <simdjson.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/token_index.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

/// Reads one file into a TokenizerFile; keeps where it is for messages.
class FileReader {
 public:
  using array = simdjson::dom::array;
  using element = simdjson::dom::element;
  using object = simdjson::dom::object;

  FileReader(TokenizerFile& out, const std::string& where) : out_(out), where_(where) {}
  Result<void> read(element root);

 private:
  Error wrong(const std::string& what, const std::string& expected) const {
    return invalid(where_ + ": " + what + " must be " + expected);
  }
  Error unsupported(const std::string& what) const {
    return invalid(where_ + ": " + what + " is not supported");
  }

  // Access, in tokenizer_file.cc.
  static bool absent(object o, const char* key);
  static std::string text_of(object o, const char* key);
  Result<bool> flag(object o, const char* key, const std::string& what) const;
  Result<bool> flag_or(object o, const char* key, bool fallback, const std::string& what) const;
  Result<std::string> text(object o, const char* key, const std::string& what) const;
  Result<std::string> character(object o, const char* key, const std::string& what) const;
  Result<std::size_t> count(object o, const char* key, const std::string& what) const;
  Result<void> only(object o, const std::string& what,
                    std::initializer_list<std::string_view> keys) const;
  bool known(std::int64_t id) const;

  // The model, in tokenizer_file_model.cc.
  Result<void> read_model(object top);
  Result<std::string> model_type(object model) const;
  Result<void> read_vocabulary(object model);
  struct Entry {
    std::string_view token;
    std::int64_t id = -1;
    std::uint64_t hash = 0;
  };
  Result<void> place(const Entry& entry, std::int64_t id_max);
  Result<void> read_bpe(object model);
  Result<void> read_merges(object model, spec::Bpe& bpe);
  /// Of [at, end), the first of which is number `position`; appends.
  Result<void> resolve_merges(array::iterator at, array::iterator end, std::size_t position,
                              const std::string& prefix, MergeList& merges) const;
  struct MergeText {
    std::size_t rank = 0;
    std::string_view left, right;
    std::uint64_t left_hash = 0, right_hash = 0;
  };
  Result<void> read_user_defined(object model, spec::Bpe& bpe) const;
  Result<bool> merge_text(element e, std::size_t rank, MergeText& merge) const;
  Result<Merge> merge_of(const MergeText& text, const std::string& prefix, std::int32_t near) const;
  std::int32_t joined(std::string_view left, std::string_view right, std::int32_t near) const;
  Result<void> read_unigram(object model);
  Result<void> read_word_models(object model, const std::string& type);

  // Added tokens, in tokenizer_file_added.cc.
  Result<void> read_added(object top);
  Result<AddedToken> added_token(element e) const;
  Result<void> place_added(AddedToken token, std::int32_t& next_id);

  // Components, in tokenizer_file_components.cc and tokenizer_file_output.cc.
  Result<void> read_normalizer(element e, int depth);
  Result<void> read_pre_tokenizer(element e, int depth);
  Result<void> read_post_processor(element e, int depth);
  Result<void> read_decoder(element e, int depth);
  Result<std::string> component(element e, const char* kind, int depth, object& o) const;
  Result<array> parts_of(object o, const char* key, const std::string& what) const;
  Result<spec::ByteLevel> byte_level(object o, const std::string& what) const;
  Result<spec::Metaspace> metaspace(object o, const std::string& what) const;
  Result<spec::Replace> replace(object o, const std::string& what) const;
  Result<TextPattern> pattern(object o, const std::string& what) const;
  Result<SplitBehavior> behavior(object o, const std::string& what) const;
  Result<spec::Precompiled> precompiled(object o, const std::string& what) const;
  Result<spec::BertNormalizer> bert_normalizer(object o, const std::string& what) const;
  Result<std::vector<spec::TemplatePiece>> pieces_of(object o, const char* key,
                                                     object specials) const;
  Result<spec::TemplateProcessing> template_of(object o, const std::string& what) const;
  Result<std::int32_t> named_id(object o, const char* key, const std::string& what) const;
  Result<void> check_template_counts() const;

  // Lengths, in tokenizer_file_lengths.cc.
  Result<void> read_truncation(object top);
  Result<void> read_padding(object top);
  Result<bool> is_left(object o, const std::string& what) const;

  TokenizerFile& out_;
  const std::string& where_;
  TokenIndex index_;  ///< of the model's vocabulary
};

}  // namespace orch::tokenizer
