// Unigram: the cutting of a piece with the highest sum of scores.

#include <algorithm>
#include <array>
#include <limits>

#include "jobs/tokenizer/decoder.h"
#include "jobs/tokenizer/model.h"
#include "jobs/tokenizer/prefix_tree.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

/// An unknown character costs this much more than the worst token.
constexpr double kUnknownPenalty = 10.0;

class Unigram : public Model {
 public:
  Unigram(const spec::Unigram& spec, const TokenList& tokens, const TokenIndex& index)
      : spec_(spec), index_(index) {
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t id = 0; id < tokens.size(); ++id) {
      if (!spec.only_fallback_bytes || byte_of_token(tokens[id]) < 0)
        tree_.add(tokens[id], static_cast<std::int32_t>(id));
      lowest = std::min(lowest, spec.scores[id]);
    }
    unknown_score_ = lowest - kUnknownPenalty;
    for (unsigned b = 0; b < 256; ++b)
      byte_ids_[b] = index.find(byte_token(static_cast<unsigned char>(b)));
  }

  Result<void> tokenize(std::string_view piece, std::vector<ModelToken>& out) const override {
    std::vector<Node> best(piece.size() + 1);
    ORCH_TRY(find_paths(piece, best));
    // Back along the best path; unknown characters side by side become one.
    std::vector<Match> parts;
    bool previous_unknown = false;
    for (std::size_t end = piece.size(); end > 0;) {
      const std::size_t begin = best[end].begin;
      const bool unknown = spec_.unk_id && best[end].id == *spec_.unk_id;
      if (unknown && previous_unknown)
        parts.back().begin = begin;
      else
        parts.push_back({begin, end});
      previous_unknown = unknown;
      end = begin;
    }
    std::reverse(parts.begin(), parts.end());
    for (const Match& part : parts) ORCH_TRY(emit(piece, part.begin, part.end, out));
    return {};
  }

 private:
  struct Match {
    std::size_t begin = 0, end = 0;
  };
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  /// The best path that ends here.
  struct Node {
    double score = 0;
    std::size_t begin = kNowhere;
    std::int32_t id = 0;
    void offer(double candidate, std::size_t from, std::int32_t token) {
      if (begin != kNowhere && candidate <= score) return;
      score = candidate;
      begin = from;
      id = token;
    }
  };

  Result<void> find_paths(std::string_view piece, std::vector<Node>& best) const {
    for (std::size_t begin = 0; begin < piece.size();) {
      const std::size_t character = character_at(piece, begin).size_bytes;
      const double so_far = best[begin].score;
      bool single = false;
      tree_.prefixes(piece.substr(begin), [&](std::size_t bytes, std::int32_t id) {
        best[begin + bytes].offer(spec_.scores[static_cast<std::size_t>(id)] + so_far, begin, id);
        single = single || bytes == character;
      });
      if (!single) {
        Node& target = best[begin + character];
        const double candidate = unknown_score_ + so_far;
        if (target.begin == kNowhere || candidate > target.score) {
          if (!spec_.unk_id) return unknown(piece.substr(begin, character));
          target.offer(candidate, begin, *spec_.unk_id);
        }
      }
      begin += character;
    }
    return {};
  }

  static Error unknown(std::string_view text) {
    return invalid("'" + std::string(text) + "' is not in the vocabulary, which has no unk_id");
  }

  Result<void> emit(std::string_view piece, std::size_t begin, std::size_t end,
                    std::vector<ModelToken>& out) const {
    const std::string_view text = piece.substr(begin, end - begin);
    const auto from = static_cast<std::uint32_t>(begin), to = static_cast<std::uint32_t>(end);
    const std::int32_t id = index_.find(text);
    if (id >= 0 && !(spec_.only_fallback_bytes && byte_of_token(text) >= 0)) {
      out.push_back({id, from, to, true});
      return {};
    }
    const auto byte_id = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
    if (spec_.byte_fallback &&
        std::all_of(text.begin(), text.end(), [&](char c) { return byte_id(c) >= 0; })) {
      for (const char c : text) out.push_back({byte_id(c), from, to, false});
      return {};
    }
    if (!spec_.unk_id) return unknown(text);
    out.push_back({*spec_.unk_id, from, to, true});
    return {};
  }

  spec::Unigram spec_;
  const TokenIndex& index_;
  PrefixTree tree_;
  double unknown_score_ = 0;
  std::array<std::int32_t, 256> byte_ids_{};
};

}  // namespace

std::unique_ptr<const Model> make_unigram(const spec::Unigram& spec, const TokenList& tokens,
                                          const TokenIndex& index) {
  return std::make_unique<Unigram>(spec, tokens, index);
}

}  // namespace orch::tokenizer
