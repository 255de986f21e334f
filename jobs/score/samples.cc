#include "jobs/score/samples.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/sha256.h"
#include "jobs/data/documents.h"

namespace orch::score {

namespace {

using Json = nlohmann::ordered_json;

/// Problems that one message lists; the rest is counted.
constexpr std::size_t kListedMax = 20;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

template <typename Value>
std::size_t index_of_largest(const std::vector<ContinuationScore>& scores, const Value& value) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < scores.size(); ++i)
    if (value(i) > value(best)) best = i;
  return best;
}

/// A list of problems as one message.
class Listing {
 public:
  void add(const std::string& what) {
    if (count_++ < kListedMax) text_ += (text_.empty() ? "" : "; ") + what;
  }
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ <= kListedMax ? text_
                                : text_ + "; and " + std::to_string(count_ - kListedMax) + " more";
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

std::string key_text(const SampleKey& key) {
  return (key.task.empty() ? "" : key.task + " ") + "doc_id " + std::to_string(key.doc_id) +
         (key.filter == "none" ? "" : " (filter " + key.filter + ")");
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

Result<SampleSet> read_samples(const std::string& path, const std::string& metric) {
  SampleSet set;
  Listing duplicates;
  ORCH_TRY(data::read_lines(path, [&](std::string_view text, std::uint64_t number) -> Result<void> {
    const auto bad = [&](const std::string& what) {
      return invalid(path + ":" + std::to_string(number) + ": " + what);
    };
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (!line.is_object()) return bad("not a JSON object");
    const auto id = line.find("doc_id");
    if (id == line.end() || !id->is_number_integer())
      return bad("key \"doc_id\" is missing or no integer");
    SampleKey key{"", "none", id->get<std::int64_t>()};
    if (const auto task = line.find("task"); task != line.end()) {
      if (!task->is_string()) return bad("\"task\" must be a string");
      key.task = task->get<std::string>();
    }
    if (const auto filter = line.find("filter"); filter != line.end()) {
      if (!filter->is_string()) return bad("\"filter\" must be a string");
      key.filter = filter->get<std::string>();
    }
    SampleValue value;
    const auto hash = line.find("doc_hash");
    if (hash == line.end() || !hash->is_string())
      return bad("key \"doc_hash\" is missing or no string");
    value.doc_hash = hash->get<std::string>();
    std::string name = metric;
    if (name.empty()) name = line.contains("acc") ? "acc" : "exact_match";
    const auto found = line.find(name);
    if (found == line.end()) return bad("metric \"" + name + "\" is missing");
    if (!found->is_number() && !found->is_boolean())
      return bad("metric \"" + name + "\" must be a number");
    value.metric =
        found->is_boolean() ? static_cast<double>(found->get<bool>()) : found->get<double>();
    if (!set.emplace(key, value).second)
      duplicates.add(key_text(key) + " (line " + std::to_string(number) + ")");
    return {};
  }));
  if (!duplicates.empty())
    return invalid(path + ": " + std::to_string(duplicates.count()) +
                   " duplicates: " + duplicates.text());
  if (set.empty()) return invalid(path + ": has no samples");
  return set;
}

Result<PairedCounts> pair_samples(const SampleSet& base, const SampleSet& candidate,
                                  const std::string& base_name, const std::string& candidate_name) {
  Listing unmatched, differing, other;
  PairedCounts counts;
  for (const auto& [key, value] : base)
    if (!candidate.contains(key)) unmatched.add(key_text(key) + " is only in " + base_name);
  for (const auto& [key, value] : candidate) {
    const auto it = base.find(key);
    if (it == base.end()) {
      unmatched.add(key_text(key) + " is only in " + candidate_name);
      continue;
    }
    if (it->second.doc_hash != value.doc_hash) differing.add(key_text(key));
    for (const double metric : {it->second.metric, value.metric})
      if (metric != 0 && metric != 1) other.add(key_text(key) + ": " + number_text(metric));
    counts.add(it->second.metric == 1, value.metric == 1);
  }
  if (!unmatched.empty())
    return invalid(std::to_string(unmatched.count()) +
                   " items are not in both sets: " + unmatched.text());
  if (!differing.empty())
    return invalid(
        base_name + " and " + candidate_name + ": doc_hash differs for " + differing.text(),
        "evaluate both on the same files");
  if (!other.empty()) return invalid("the metric must be 0 or 1: " + other.text());
  return counts;
}

Result<Judgement> compare_samples(const std::string& base_path, const std::string& candidate_path,
                                  const std::string& metric, double margin, double alpha) {
  ORCH_TRY(judge({}, margin, alpha));
  ORCH_ASSIGN(const SampleSet base, read_samples(base_path, metric));
  ORCH_ASSIGN(const SampleSet candidate, read_samples(candidate_path, metric));
  ORCH_ASSIGN(const PairedCounts counts, pair_samples(base, candidate, base_path, candidate_path));
  return judge(counts, margin, alpha);
}

}  // namespace orch::score
