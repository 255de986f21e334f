#include <cmath>
#include <nlohmann/json.hpp>

#include "jobs/score/samples.h"

namespace orch::score {

namespace {

using Json = nlohmann::ordered_json;

/// Mean of zeros and ones, and its standard error with n − 1.
std::pair<double, double> mean_and_error(std::int64_t right, std::int64_t items) {
  if (items == 0) return {0, 0};
  const double n = static_cast<double>(items), mean = static_cast<double>(right) / n;
  return {mean, items < 2 ? 0 : std::sqrt(mean * (1 - mean) / (n - 1))};
}

/// A group's metric: items weigh the same; pooled variance. Source: lm-evaluation-harness 0.4,
/// api/metrics.py.
Json group_result(const std::string& group, const std::vector<SuiteScore>& scores) {
  double sum = 0, weighted = 0;
  double n = 0, k = 0;
  for (const auto& score : scores) {
    const auto acc = score.metrics.find("acc");
    if (score.group != group || acc == score.metrics.end()) continue;
    const double size = static_cast<double>(score.items), error = acc->second.second;
    sum += acc->second.first * size;
    weighted += (size - 1) * error * error * size;
    n += size;
    ++k;
  }
  Json result = {{"alias", group}};
  result["acc,none"] = n > 0 ? sum / n : 0.0;
  result["acc_stderr,none"] = n > k ? std::sqrt(weighted / (n - k) / n) : 0.0;
  return result;
}

}  // namespace

SuiteScore summarise(const Suite& suite, const std::vector<Sample>& samples) {
  SuiteScore out;
  out.name = out.alias = suite.name;
  out.group = suite.group;
  out.kind = suite.kind;
  out.items = static_cast<std::int64_t>(samples.size());
  out.items_original = suite.items_original;
  out.num_fewshot = suite.num_fewshot;
  std::int64_t right = 0, right_normalised = 0;
  for (const auto& sample : samples) {
    right += sample.right();
    out.items_cut += sample.tokens_cut > 0;
    if (suite.kind == SuiteKind::kMultipleChoice) right_normalised += sample.right_normalised();
  }
  if (suite.kind == SuiteKind::kMultipleChoice) {
    out.metrics["acc"] = mean_and_error(right, out.items);
    out.metrics["acc_norm"] = mean_and_error(right_normalised, out.items);
  } else {
    out.metrics["exact_match"] = mean_and_error(right, out.items);
  }
  return out;
}

std::string results_json(const ResultsHeader& header, const std::vector<SuiteScore>& scores) {
  Json results = Json::object(), groups = Json::object(), subtasks = Json::object(),
       shots = Json::object(), counts = Json::object(), better = Json::object(),
       cut = Json::object();
  for (const auto& score : scores) {
    Json& result = results[score.name];
    result = {{"alias", score.alias}, {"sample_len", score.items}};
    for (const auto& [name, value] : score.metrics) {
      result[name + ",none"] = value.first;
      result[name + "_stderr,none"] = value.second;
      better[score.name][name] = true;
    }
    shots[score.name] = score.num_fewshot;
    counts[score.name] = {{"original", score.items_original}, {"effective", score.items}};
    if (score.items_cut > 0) cut[score.name] = score.items_cut;
    if (!score.group.empty()) subtasks[score.group].push_back(score.name);
  }
  for (const auto& [group, members] : subtasks.items())
    results[group] = groups[group] = group_result(group, scores);
  Json root = {{"results", results}};
  if (!groups.empty()) root["groups"] = groups;
  root["group_subtasks"] = subtasks;
  root["n-shot"] = shots;
  root["higher_is_better"] = better;
  root["n-samples"] = counts;
  root["config"] = {{"model", "orch"}, {"model_args", "pretrained=" + header.model}};
  if (!header.date.empty()) root["date"] = header.date;
  root["model_name"] = header.model;
  root["orch"] = {{"label", header.label},
                  {"model_digest", header.model_digest},
                  {"suite_labels", header.suite_labels},
                  {"suite_roles", header.suite_roles},
                  {"items_cut", cut}};
  return root.dump(2) + "\n";
}

}  // namespace orch::score
