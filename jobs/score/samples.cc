#include "jobs/score/samples.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/sha256.h"
#include "base/utf8.h"

namespace orch::score {

namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
std::size_t index_of_largest(const std::vector<ContinuationScore>& scores, const Value& value) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < scores.size(); ++i)
    if (value(i) > value(best)) best = i;
  return best;
}

/// The doc's hash as lm-evaluation-harness makes it: SHA-256 of its JSON, indented by 2, non-ASCII
/// kept.
std::string doc_hash(const Json& doc) { return sha256_hex(doc.dump(2)); }

std::string number_text(double value) { return std::isfinite(value) ? Json(value).dump() : "-inf"; }

void add_scores(const Item& item, const Sample& sample, Json& line) {
  Json arguments = Json::object(), resps = Json::array(), filtered = Json::array();
  for (std::size_t i = 0; i < item.continuations.size(); ++i) {
    arguments["gen_args_" + std::to_string(i)] = {{"arg_0", item.context},
                                                  {"arg_1", item.continuations[i]}};
    const Json answer = {number_text(sample.scores[i].log_likelihood),
                         sample.scores[i].greedy ? "True" : "False"};
    resps.push_back(Json::array({answer}));
    filtered.push_back(answer);
  }
  line["arguments"] = std::move(arguments);
  line["resps"] = std::move(resps);
  line["filtered_resps"] = std::move(filtered);
}

}  // namespace

bool Sample::right() const {
  if (scores.empty()) return generated == item->target;
  const auto best =
      index_of_largest(scores, [&](std::size_t i) { return scores[i].log_likelihood; });
  return best == static_cast<std::size_t>(item->gold);
}

bool Sample::right_normalised() const {
  const auto best = index_of_largest(scores, [&](std::size_t i) {
    std::string_view choice = item->continuations[i];
    if (choice.starts_with(' ')) choice.remove_prefix(1);
    return scores[i].log_likelihood /
           static_cast<double>(std::max<std::size_t>(characters(choice), 1));
  });
  return best == static_cast<std::size_t>(item->gold);
}

std::string sample_json(const Suite& suite, const Sample& sample) {
  const Item& item = *sample.item;
  const bool choice = suite.kind == SuiteKind::kMultipleChoice;
  ORCH_CHECK(!choice || sample.scores.size() == item.continuations.size(),
             "scores of item %lld are missing", static_cast<long long>(item.doc_id));
  const Json doc = Json::parse(item.doc);
  const std::string target = choice ? std::to_string(item.gold) : item.target;
  Json line = {{"doc_id", item.doc_id}, {"doc", doc}, {"target", target}};
  if (choice) {
    add_scores(item, sample, line);
  } else {
    const Json until = {
        {"until", Json::array()}, {"max_gen_toks", suite.max_new_tokens}, {"do_sample", false}};
    line["arguments"] = {{"gen_args_0", {{"arg_0", item.context}, {"arg_1", until}}}};
    line["resps"] = Json::array({Json::array({sample.generated})});
    line["filtered_resps"] = Json::array({sample.generated});
  }
  line["filter"] = "none";
  line["metrics"] = choice ? Json::array({"acc", "acc_norm"}) : Json::array({"exact_match"});
  line["doc_hash"] = doc_hash(doc);
  line["prompt_hash"] = sha256_hex(item.context);
  line["target_hash"] = sha256_hex(target);
  line[choice ? "acc" : "exact_match"] = sample.right() ? 1.0 : 0.0;
  if (sample.tokens_cut > 0) line["tokens_cut"] = sample.tokens_cut;
  if (choice) line["acc_norm"] = sample.right_normalised() ? 1.0 : 0.0;
  return line.dump();
}

std::string samples_jsonl(const Suite& suite, const std::vector<Sample>& samples) {
  std::string text;
  for (const auto& sample : samples) text += sample_json(suite, sample) + "\n";
  return text;
}

}  // namespace orch::score
