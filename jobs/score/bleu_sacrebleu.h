#pragma once
// bleu_sacrebleu: BLEU over the set, as sacreBLEU computes it, with its signature. An item's value
// is its sentence BLEU with effective order, as `sacrebleu --sentence-level` prints it.

#include <memory>
#include <string>

#include "jobs/score/bleu_nltk.h"
#include "jobs/score/metric.h"

namespace orch::score {

/// The version whose results and signatures are reproduced.
inline constexpr const char* kSacrebleuVersion = "2.6.0";

/// 0 to 100; exponential smoothing, order 4.
/// Source: sacrebleu/metrics/bleu.py 2.6.0, BLEU.compute_bleu; Post 2018, arXiv:1804.08771.
double bleu_sacrebleu(const NgramPrecision& counts, bool effective_order);

/// `name`: as it was asked for; `tokenizer`: see parse_sacrebleu_tokenizer.
std::unique_ptr<Metric> make_bleu_sacrebleu(std::string name, std::string tokenizer);

/// "1", or "var" where items differ.
std::string reference_count(std::int64_t count);

}  // namespace orch::score
