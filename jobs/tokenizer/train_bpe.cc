#include "jobs/tokenizer/train_bpe.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <thread>

#include "base/file.h"
#include "jobs/data/json_text.h"
#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/fast_scan.h"
#include "jobs/tokenizer/train_bpe_learner.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/word_counts.h"

namespace orch::tokenizer {

namespace {

using Pair = BpeLearner::Pair;

constexpr std::size_t kShareBytes = 8 << 20;  // a thread

/// Llama 3's split.
constexpr auto kSplit = ScanPattern::kLlama3;

std::string_view split_regex() {
  for (const KnownScan& known : known_scans())
    if (known.pattern == kSplit) return known.regex;
  return {};
}

/// Documents one after the other, and where each ends.
struct Share {
  std::string text;
  std::vector<std::size_t> ends;
};

void count_words(const Share& batch, WordCounts& counts) {
  std::size_t begin = 0;
  for (const std::size_t end : batch.ends) {
    const std::string_view text(batch.text.data() + begin, end - begin);
    begin = end;
    with_scan(kSplit, [&](const auto& scan) {
      const auto* p = reinterpret_cast<const Scanner::Byte*>(text.data());
      const Scanner scanner(p + text.size());
      while (p < scanner.end()) {
        const auto* const next = scan(scanner, p);
        counts.add({reinterpret_cast<const char*>(p), static_cast<std::size_t>(next - p)});
        p = next;
      }
    });
  }
}

Result<std::vector<std::string>> checked_tokens(const std::vector<std::string>& special) {
  for (auto it = special.begin(); it != special.end(); ++it) {
    if (it->empty()) return invalid("special_tokens: a token is empty");
    if (std::find(special.begin(), it, *it) != it)
      return invalid("special_tokens: '" + *it + "' occurs twice");
    if (valid_utf8_prefix(*it) != it->size())
      return invalid("special_tokens: a token is not UTF-8");
  }
  return special;
}

/// The words in ids; bytes without one are dropped.
void add_words(const WordCounts& words, const std::map<std::string, BpeLearner::Id>& ids,
               BpeLearner& learner) {
  constexpr BpeLearner::Id kDropped = UINT32_MAX;
  std::array<BpeLearner::Id, 256> byte_ids{};
  for (unsigned b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(b);
    const auto it = ids.find(spell_bytes({&byte, 1}));
    byte_ids[b] = it == ids.end() ? kDropped : it->second;
  }
  std::vector<BpeLearner::Id> symbols;
  for (std::size_t i = 0; i < words.size(); ++i) {
    symbols.clear();
    for (const char c : words[i].text)
      if (const auto id = byte_ids[static_cast<unsigned char>(c)]; id != kDropped)
        symbols.push_back(id);
    learner.add_word(symbols, words[i].count);
  }
}

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
      data::json_quoted(split_regex()) +
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
  std::vector<Share> batches;      ///< one a thread
  std::vector<WordCounts> counts;  ///< of each thread
  std::size_t filling = 0;         ///< the batch that documents go to
  std::uint64_t bytes = 0;

  void count() {
    std::vector<std::thread> threads;
    for (std::size_t t = 1; t < batches.size(); ++t)
      if (!batches[t].ends.empty())
        threads.emplace_back([this, t] { count_words(batches[t], counts[t]); });
    count_words(batches[0], counts[0]);
    for (std::thread& thread : threads) thread.join();
    for (Share& batch : batches) {
      batch.text.clear();
      batch.ends.clear();
    }
    filling = 0;
    if (options.progress) options.progress("words", bytes);
  }

  /// The alphabet in the order of its code points, by the oracle's rule.
  Result<std::vector<std::uint32_t>> alphabet(const std::array<std::int64_t, 256>& seen) const;
};

Result<std::vector<std::uint32_t>> BpeTrainer::State::alphabet(
    const std::array<std::int64_t, 256>& seen) const {
  std::map<std::uint32_t, std::int64_t> frequency;
  for (std::size_t b = 0; b < seen.size(); ++b)
    if (seen[b] > 0 || !options.initial_alphabet) frequency[byte_characters()[b]] = seen[b];
  if (options.initial_alphabet) {
    const std::string& wanted = *options.initial_alphabet;
    if (!unspell_bytes(wanted))
      return invalid("initial_alphabet: a character that no byte is spelled with",
                     "write bytes as byte-level vocabularies do, a space as \"Ġ\"");
    for (std::size_t at = 0; at < wanted.size();) {
      const Character c = character_at(wanted, at);
      frequency[c.code_point] = INT64_MAX;
      at += c.size_bytes;
    }
  } else {
    for (auto& [character, count] : frequency) count = INT64_MAX;
  }
  std::vector<std::uint32_t> out;
  for (const auto& [character, count] : frequency) out.push_back(character);
  if (options.limit_alphabet) {
    if (*options.limit_alphabet < 0) return invalid("limit_alphabet: less than none");
    std::stable_sort(out.begin(), out.end(),
                     [&](auto a, auto b) { return frequency[a] > frequency[b]; });
    out.resize(std::min(out.size(), static_cast<std::size_t>(*options.limit_alphabet)));
    std::sort(out.begin(), out.end());
  }
  return out;
}

BpeTrainer::BpeTrainer(TrainOptions options) : state_(std::make_unique<State>()) {
  const auto threads = static_cast<std::size_t>(std::clamp(options.threads, 1, 64));
  state_->options = std::move(options);
  state_->batches.resize(threads);
  state_->counts.resize(threads);
}
BpeTrainer::~BpeTrainer() = default;

void BpeTrainer::add(std::string_view document) {
  std::string repaired;
  if (valid_utf8_prefix(document) != document.size()) document = repaired = repair_utf8(document);
  Share& batch = state_->batches[state_->filling];
  batch.text.append(document);
  batch.ends.push_back(batch.text.size());
  state_->bytes += document.size();
  if (batch.text.size() < kShareBytes) return;
  if (++state_->filling == state_->batches.size()) state_->count();
}

Result<std::string> BpeTrainer::train() {
  const TrainOptions& options = state_->options;
  state_->count();
  WordCounts& words = state_->counts[0];
  for (std::size_t t = 1; t < state_->counts.size(); ++t) {
    words.add(state_->counts[t]);
    state_->counts[t] = WordCounts();
  }
  std::array<std::int64_t, 256> seen{};
  for (std::size_t i = 0; i < words.size(); ++i)
    for (const char c : words[i].text) seen[static_cast<unsigned char>(c)] += words[i].count;

  ORCH_ASSIGN(std::vector<std::string> tokens, checked_tokens(options.special_tokens));
  ORCH_ASSIGN(const auto alphabet, state_->alphabet(seen));
  const auto smallest = tokens.size() + alphabet.size();
  if (options.vocabulary < 0 || static_cast<std::size_t>(options.vocabulary) < smallest)
    return invalid("vocabulary: " + std::to_string(options.vocabulary) + " is less than " +
                   std::to_string(smallest) + " (the alphabet of " +
                   std::to_string(alphabet.size()) + " and the special tokens)");
  std::map<std::string, BpeLearner::Id> ids;
  for (const std::uint32_t c : alphabet) {
    std::string spelled;
    append_utf8(spelled, c);
    if (std::find(tokens.begin(), tokens.end(), spelled) != tokens.end())
      return invalid("special_tokens: '" + spelled + "' is a byte's token");
    ids.emplace(spelled, static_cast<BpeLearner::Id>(tokens.size()));
    tokens.push_back(spelled);
  }
  BpeLearner learner(std::move(tokens));
  add_words(words, ids, learner);
  words = WordCounts();
  learner.learn(static_cast<std::size_t>(options.vocabulary), options.min_frequency,
                [&](std::size_t done) {
                  if (options.progress) options.progress("merges", done);
                });
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
