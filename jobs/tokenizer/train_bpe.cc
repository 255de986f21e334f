#include "jobs/tokenizer/train_bpe.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <queue>
#include <set>
#include <unordered_map>

#include "base/file.h"
#include "jobs/data/json_text.h"
#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/pre_tokenizer.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

using Pair = std::pair<std::int32_t, std::int32_t>;

struct Word {
  std::vector<std::int32_t> symbols;
  std::int64_t count = 0;
};

struct PairHash {
  std::size_t operator()(const Pair& p) const {
    const auto word = static_cast<std::uint64_t>(static_cast<std::uint32_t>(p.first)) << 32 |
                      static_cast<std::uint32_t>(p.second);
    return static_cast<std::size_t>(word * 0x9e3779b97f4a7c15ULL >> 16);
  }
};

/// Learns merges as Hugging Face's BpeTrainer: the most frequent pair first, of equal ones that
/// with the smaller ids.
class Learner {
 public:
  Learner(std::vector<Word> words, std::vector<std::string> tokens)
      : words_(std::move(words)), tokens_(std::move(tokens)) {
    for (std::size_t id = 0; id < tokens_.size(); ++id)
      ids_.emplace(tokens_[id], static_cast<std::int32_t>(id));
  }

  void learn(int vocabulary, std::int64_t min_frequency) {
    for (std::size_t w = 0; w < words_.size(); ++w)
      for (std::size_t i = 0; i + 1 < words_[w].symbols.size(); ++i)
        change({words_[w].symbols[i], words_[w].symbols[i + 1]}, words_[w].count, w);
    enqueue();
    while (static_cast<int>(tokens_.size()) < vocabulary && !queue_.empty()) {
      Candidate top = queue_.top();
      queue_.pop();
      const std::int64_t now = counts_[top.pair];
      if (top.count != now) {
        top.count = now;
        queue_.push(std::move(top));
        continue;
      }
      if (top.count < 1 || top.count < min_frequency) break;
      apply(top);
      enqueue();
    }
  }

  const std::vector<std::string>& tokens() const { return tokens_; }
  /// By rank. A pair that was merged twice keeps the later rank, as in the original.
  std::vector<Pair> merges() const {
    std::unordered_map<Pair, std::size_t, PairHash> last;
    for (std::size_t i = 0; i < merges_.size(); ++i) last[merges_[i]] = i;
    std::vector<Pair> out;
    for (std::size_t i = 0; i < merges_.size(); ++i)
      if (last[merges_[i]] == i) out.push_back(merges_[i]);
    return out;
  }

 private:
  struct Candidate {
    Pair pair;
    std::int64_t count = 0;
    std::vector<std::size_t> words;
    bool operator<(const Candidate& o) const {
      return count != o.count ? count < o.count : pair > o.pair;
    }
  };

  /// The count of a pair rises or falls in a word; where it rises, the word is visited when the
  /// pair is merged.
  void change(Pair pair, std::int64_t by, std::size_t word) {
    counts_[pair] += by;
    if (by <= 0) return;
    auto& where = fresh_[pair];
    if (where.empty() || where.back() != word) where.push_back(word);
  }

  void enqueue() {
    for (auto& [pair, words] : fresh_) {
      const std::int64_t count = counts_[pair];
      if (count > 0) queue_.push({pair, count, std::move(words)});
    }
    fresh_.clear();
  }

  void apply(const Candidate& top) {
    const std::string text = tokens_[static_cast<std::size_t>(top.pair.first)] +
                             tokens_[static_cast<std::size_t>(top.pair.second)];
    const auto [it, fresh] = ids_.emplace(text, static_cast<std::int32_t>(tokens_.size()));
    if (fresh) tokens_.push_back(text);
    merges_.push_back(top.pair);
    for (const std::size_t w : top.words) merge_word(w, top.pair, it->second);
  }

  void merge_word(std::size_t w, Pair pair, std::int32_t merged) {
    auto& x = words_[w].symbols;
    const std::int64_t count = words_[w].count;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      if (x[i] != pair.first || x[i + 1] != pair.second) continue;
      if (i > 0) {
        change({x[i - 1], pair.first}, -count, w);
        change({x[i - 1], merged}, count, w);
      }
      x[i] = merged;
      x.erase(x.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      if (i + 1 < x.size()) {
        change({pair.second, x[i + 1]}, -count, w);
        change({merged, x[i + 1]}, count, w);
      }
    }
  }

  std::vector<Word> words_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, std::int32_t> ids_;        // never iterated
  std::unordered_map<Pair, std::int64_t, PairHash> counts_;  // never iterated
  std::map<Pair, std::vector<std::size_t>> fresh_;
  std::priority_queue<Candidate> queue_;
  std::vector<Pair> merges_;
};

std::string tokenizer_json(const std::vector<std::string>& special,
                           const std::vector<std::string>& tokens,
                           const std::vector<Pair>& merges) {
  std::string json =
      "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  "
      "\"added_tokens\": [";
  for (std::size_t i = 0; i < special.size(); ++i)
    json += std::string(i ? "," : "") + "\n    {\"id\": " + std::to_string(i) +
            ", \"content\": " + data::json_quoted(special[i]) +
            ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": "
            "false, \"special\": true}";
  json += special.empty() ? "],\n" : "\n  ],\n";
  json +=
      "  \"normalizer\": null,\n  \"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": "
      "[\n"
      "    {\"type\": \"Split\", \"pattern\": {\"Regex\": " +
      data::json_quoted(pattern_text(SplitPattern::kLlama3)) +
      "}, \"behavior\": \"Isolated\", \"invert\": false},\n"
      "    {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, "
      "\"use_regex\": false}\n  ]},\n"
      "  \"post_processor\": null,\n"
      "  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": "
      "true, "
      "\"use_regex\": true},\n"
      "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n"
      "    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n    "
      "\"fuse_unk\": false,\n"
      "    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n    \"vocab\": {";
  for (std::size_t id = 0; id < tokens.size(); ++id)
    json += std::string(id ? "," : "") + "\n      " + data::json_quoted(tokens[id]) + ": " +
            std::to_string(id);
  json += "\n    },\n    \"merges\": [";
  for (std::size_t i = 0; i < merges.size(); ++i)
    json += std::string(i ? "," : "") + "\n      [" +
            data::json_quoted(tokens[static_cast<std::size_t>(merges[i].first)]) + ", " +
            data::json_quoted(tokens[static_cast<std::size_t>(merges[i].second)]) + "]";
  return json + "\n    ]\n  }\n}\n";
}

}  // namespace

struct BpeTrainer::State {
  TrainOptions options;
  std::map<std::string, std::int64_t, std::less<>> words;  ///< bytes → occurrences
};

BpeTrainer::BpeTrainer(TrainOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}
BpeTrainer::~BpeTrainer() = default;

void BpeTrainer::add(std::string_view document) {
  std::string repaired;
  if (valid_utf8_prefix(document) != document.size()) document = repaired = repair_utf8(document);
  for (std::size_t begin = 0; begin < document.size();) {
    const std::size_t end = piece_end(SplitPattern::kLlama3, document, begin);
    const std::string_view piece = document.substr(begin, end - begin);
    const auto it = state_->words.find(piece);
    if (it != state_->words.end())
      ++it->second;
    else
      state_->words.emplace(piece, 1);
    begin = end;
  }
}

Result<std::string> BpeTrainer::train() {
  const TrainOptions& options = state_->options;
  std::vector<std::string> tokens;
  for (const auto& token : options.special_tokens) {
    if (token.empty()) return invalid("special_tokens: a token is empty");
    if (std::find(tokens.begin(), tokens.end(), token) != tokens.end())
      return invalid("special_tokens: '" + token + "' occurs twice");
    if (valid_utf8_prefix(token) != token.size())
      return invalid("special_tokens: a token is not UTF-8");
    tokens.push_back(token);
  }
  const auto smallest = tokens.size() + 256;
  if (options.vocabulary < 0 || static_cast<std::size_t>(options.vocabulary) < smallest)
    return invalid("vocabulary: " + std::to_string(options.vocabulary) + " is less than " +
                   std::to_string(smallest) + " (256 bytes and the special tokens)");
  auto alphabet = byte_characters();
  std::sort(alphabet.begin(), alphabet.end());
  std::unordered_map<std::string, std::int32_t> ids;  // never iterated
  for (const std::uint32_t c : alphabet) {
    std::string spelled;
    append_utf8(spelled, c);
    if (std::find(tokens.begin(), tokens.end(), spelled) != tokens.end())
      return invalid("special_tokens: '" + spelled + "' is a byte's token");
    ids.emplace(spelled, static_cast<std::int32_t>(tokens.size()));
    tokens.push_back(spelled);
  }
  std::array<std::int32_t, 256> byte_ids{};
  for (unsigned b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(b);
    byte_ids[b] = ids.at(spell_bytes({&byte, 1}));
  }
  std::vector<Word> words;
  for (const auto& [bytes, count] : state_->words) {
    Word word{{}, count};
    for (const char c : bytes) word.symbols.push_back(byte_ids[static_cast<unsigned char>(c)]);
    words.push_back(std::move(word));
  }
  Learner learner(std::move(words), std::move(tokens));
  learner.learn(options.vocabulary, options.min_frequency);
  return tokenizer_json(options.special_tokens, learner.tokens(), learner.merges());
}

std::string BpeTrainer::config_json() const {
  std::string json = "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\"";
  if (!state_->options.special_tokens.empty()) {
    const std::string token = data::json_quoted(state_->options.special_tokens.front());
    json += ",\n  \"eos_token\": " + token + ",\n  \"pad_token\": " + token;
  }
  return json + ",\n  \"clean_up_tokenization_spaces\": false\n}\n";
}

Result<void> write_tokenizer(const std::string& directory, std::string_view json,
                             std::string_view config_json) {
  ORCH_TRY(make_directories(directory));
  ORCH_TRY(write_file_atomic(join_path(directory, "tokenizer_config.json"), config_json));
  return write_file_atomic(join_path(directory, "tokenizer.json"), json);
}

}  // namespace orch::tokenizer
