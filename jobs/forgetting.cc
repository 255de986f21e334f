// forgetting: two reports of the same items, paired; one verdict a suite, corrected together
// (DESIGN §7).

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "jobs/score/comparison.h"
#include "jobs/tasks.h"

namespace orch::jobs {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "samples_", kSuffix = ".jsonl";

/// Suites of a report, from the names of its samples files.
Result<std::set<std::string>> suites_of(const std::string& report) {
  std::set<std::string> suites;
  ORCH_ASSIGN(const std::vector<std::string> names, list_directory(report));
  for (const std::string& name : names)
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix) &&
        name.size() > kPrefix.size() + kSuffix.size())
      suites.insert(name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size()));
  if (suites.empty())
    return invalid(report + ": no samples_<suite>.jsonl: not the report of an evaluate task");
  return suites;
}

/// The suites to be judged: those named, else all that both reports have.
Result<std::vector<std::string>> choose(const protocol::ForgettingSpec& spec,
                                        const std::string& base, const std::string& candidate) {
  ORCH_ASSIGN(const std::set<std::string> of_base, suites_of(base));
  ORCH_ASSIGN(const std::set<std::string> of_candidate, suites_of(candidate));
  std::vector<std::string> chosen = spec.suites;
  if (chosen.empty())
    std::set_intersection(of_base.begin(), of_base.end(), of_candidate.begin(), of_candidate.end(),
                          std::back_inserter(chosen));
  if (chosen.empty()) return invalid(base + " and " + candidate + " have no suite in common");
  for (const std::string& suite : chosen)
    for (const auto& [report, have] :
         {std::pair{base, of_base}, std::pair{candidate, of_candidate}})
      if (!have.contains(suite))
        return invalid("suite " + suite + " is not in the report " + report);
  return chosen;
}

/// {"label", "digest"} of the checkpoint that a report is about, as far as it says.
Json about(const std::string& report) {
  Json out{{"label", ""}, {"digest", ""}};
  const Result<std::string> text = read_file(join_path(report, "results.json"));
  if (!text.ok()) return out;
  const Json results = Json::parse(*text, nullptr, false);
  if (!results.is_object()) return out;
  const auto orch = results.find("orch");
  if (orch == results.end() || !orch->is_object()) return out;
  for (const auto& [to, from] : {std::pair{"label", "label"}, std::pair{"digest", "model_digest"}})
    if (orch->contains(from) && (*orch)[from].is_string()) out[to] = (*orch)[from];
  return out;
}

}  // namespace

Result<void> run_forgetting(const protocol::ForgettingSpec& spec, RankLink& link) {
  if (link.rank() != 0) return {};
  ORCH_ASSIGN(const std::string base, link.resolve(spec.base));
  ORCH_ASSIGN(const std::string candidate, link.resolve(spec.candidate));
  std::vector<std::string> baselines;
  for (const protocol::Reference& reference : spec.baselines) {
    ORCH_ASSIGN(std::string path, link.resolve(reference));
    baselines.push_back(std::move(path));
  }
  ORCH_ASSIGN(const std::vector<std::string> suites, choose(spec, base, candidate));
  Json verdicts{{"base", about(base)}, {"candidate", about(candidate)}, {"suites", Json::object()}};
  std::string failing;
  ORCH_ASSIGN(const std::vector<score::SubjectVerdict> judged,
              score::compare_suites(base, candidate, baselines, suites, spec.margin, spec.alpha));
  for (const score::SubjectVerdict& suite : judged) {
    verdicts["suites"][suite.name] = Json::parse(score::subject_json(suite));
    const score::Verdict verdict = suite.judgement.verdict;
    if (verdict != score::Verdict::kPass)
      failing += (failing.empty() ? "" : ", ") + suite.name + ": " + score::verdict_name(verdict);
  }
  ORCH_TRY(link.beat(0, 0));
  ORCH_TRY(write_file_atomic(join_path(link.start().out_directory, "verdicts.json"),
                             verdicts.dump(2) + "\n"));
  ORCH_TRY(commit_output(link, "report"));
  if (spec.gate && !failing.empty()) return internal("gate: " + failing);
  return {};
}

}  // namespace orch::jobs
