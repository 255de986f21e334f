#include "jobs/score/likelihood.h"

#include <charconv>
#include <cmath>
#include <numbers>

namespace orch::score {

namespace {

std::optional<double> number_of(const Answer& answer) {
  double value = 0;
  const char* const end = answer.text.data() + answer.text.size();
  if (answer.kind != AnswerKind::kNumber ||
      std::from_chars(answer.text.data(), end, value).ptr != end || answer.text.empty())
    return std::nullopt;
  return value;
}

class Likelihood final : public Metric {
 public:
  Likelihood(bool bits, bool perplexity) : bits_(bits), perplexity_(perplexity) {}

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    const auto likelihood = row.log_likelihood ? row.log_likelihood : number_of(row.prediction);
    if (!likelihood) return invalid("'log_likelihood' is missing");
    auto bytes = row.bytes;
    if (!bytes && row.references.size() == 1) {
      const Answer& reference = row.references[0];
      bytes = reference.kind == AnswerKind::kText
                  ? std::optional(static_cast<double>(reference.text.size()))
                  : number_of(reference);
    }
    if (!bytes && (bits_ || !row.tokens))
      return invalid("'bytes' is missing, and so is a text as the only reference");
    if ((bytes && *bytes <= 0) || (row.tokens && *row.tokens <= 0) || *likelihood > 0 ||
        !std::isfinite(*likelihood))
      return invalid("expected a log-likelihood of at most 0 and a length above 0");
    if (rows_++ > 0 && with_tokens_ != row.tokens.has_value())
      return invalid("'tokens' is in some rows only");
    with_tokens_ = row.tokens.has_value();
    sum_ += *likelihood;
    bytes_ += bytes.value_or(0);
    tokens_ += row.tokens.value_or(0);
    if (item) report(*likelihood, bytes.value_or(0), row.tokens.value_or(0), *item);
    return {};
  }

  void finish(Fields& set) override { report(sum_, bytes_, tokens_, set); }

 private:
  void report(double likelihood, double bytes, double tokens, Fields& out) const {
    if (bits_) out.number("bits_per_byte", -likelihood / (bytes * std::numbers::ln2));
    if (perplexity_)
      out.number("perplexity", std::exp(-likelihood / (with_tokens_ ? tokens : bytes)));
  }
  bool bits_, perplexity_, with_tokens_ = false;
  std::uint64_t rows_ = 0;
  double sum_ = 0, bytes_ = 0, tokens_ = 0;
};

}  // namespace

std::unique_ptr<Metric> make_likelihood(bool bits_per_byte, bool perplexity) {
  return std::make_unique<Likelihood>(bits_per_byte, perplexity);
}

}  // namespace orch::score
