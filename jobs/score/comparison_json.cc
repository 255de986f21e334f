#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "jobs/score/comparison.h"

namespace orch::score {

namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string pair_text(const Interval& interval) {
  return "[" + verdict_number(interval.low) + ", " + verdict_number(interval.high) + "]";
}

std::string bet_json(const MarginBet& bet) {
  return "{\"stopped_after\": " +
         (bet.stopped_after ? std::to_string(*bet.stopped_after) : std::string("null")) +
         ", \"p_anytime\": " + verdict_number(bet.p_anytime()) + "}";
}

/// The bets on the margin; nothing where values are not right or wrong.
std::string margin_json(const SequentialResult& s) {
  if (!s.against_margin) return "";
  return ", \"drop_beyond_margin\": " + bet_json(s.against_margin->regress) +
         ", \"drop_within_margin\": " + bet_json(s.against_margin->pass);
}

std::string sequential_json(const SequentialResult& s, double alpha, std::uint64_t seed) {
  const auto base10 = [](double log_e) { return verdict_number(log_e / std::numbers::ln10); };
  std::string json = ", \"sequential\": {\"stopped\": ";
  json += s.stopped_after ? "true" : "false";
  json += ", \"stopped_after\": " +
          (s.stopped_after ? std::to_string(*s.stopped_after) : std::string("null"));
  if (s.stopped_after)
    json += ", \"losses_at_stop\": " + std::to_string(s.losses_at_stop) +
            ", \"wins_at_stop\": " + std::to_string(s.wins_at_stop);
  return json + ", \"items\": " + std::to_string(s.items) +
         ", \"threshold\": " + verdict_number(1 / alpha) + ", \"log10_e\": " + base10(s.log_e) +
         ", \"log10_e_largest\": " + base10(s.log_e_largest) +
         ", \"p_anytime\": " + verdict_number(s.p_anytime()) + margin_json(s) +
         ", \"seed\": " + std::to_string(seed) + "}";
}

}  // namespace

std::string comparison_json(const Comparison& c) {
  const Effect& e = c.effect;
  std::string more = ", \"metric\": " + quoted(c.metric);
  more += std::string(", \"method\": \"") + (e.binary ? "tango" : "paired_t") + "\"";
  if (e.clusters > 0)
    more += ", \"clusters\": {\"count\": " + std::to_string(e.clusters) +
            ", \"standard_error\": " + verdict_number(std::sqrt(e.cluster_variance)) +
            ", \"standard_error_independent\": " +
            verdict_number(std::sqrt(e.variance / static_cast<double>(e.items))) + "}";
  if (c.noise.checkpoints > 1)
    more += ", \"checkpoint_noise\": {\"checkpoints\": " + std::to_string(c.noise.checkpoints) +
            ", \"score_deviation\": " + verdict_number(std::sqrt(c.noise.score_variance)) + "}";
  if (c.bootstrap) more += ", \"bootstrap\": " + pair_text(c.judgement.own(*c.bootstrap));
  if (c.sequential) more += sequential_json(*c.sequential, c.judgement.alpha, c.seed);
  if (!c.subjects.empty()) {
    more += ", \"shrinkage\": {\"mean\": " + verdict_number(c.judgement.own(c.shrinkage.mean)) +
            ", \"deviation_between\": " + verdict_number(std::sqrt(c.shrinkage.between)) + "}";
    more += ", \"subjects\": {";
    for (const SubjectVerdict& subject : c.subjects) {
      if (&subject != &c.subjects.front()) more += ", ";
      more += quoted(subject.name) + ": " + subject_json(subject);
    }
    more += "}";
  }
  return judgement_json(c.judgement, more);
}

}  // namespace orch::score
