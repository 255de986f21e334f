#include "jobs/score/comparison.h"

#include <cmath>
#include <optional>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "jobs/score/bootstrap_mean.h"
#include "jobs/score/direction.h"

namespace orch::score {

namespace {

/// The values of one group, or of all.
std::vector<PairedValues> values_of(const SamplePairs& pairs, std::optional<std::uint32_t> group) {
  std::vector<PairedValues> values;
  values.reserve(group ? 0 : pairs.items.size());
  for (const SamplePair& item : pairs.items)
    if (!group || item.group == *group) values.push_back({item.base, item.candidate, item.cluster});
  return values;
}

/// Answers to one question under several filters are no independent items.
bool join_filters(SamplePairs& pairs) {
  std::set<std::string> tasks;
  std::vector<std::uint64_t> task_of;
  for (const SampleGroup& group : pairs.groups) {
    tasks.insert(group.task);
    task_of.push_back(tasks.size());
  }
  if (pairs.clustered || tasks.size() == pairs.groups.size()) return false;
  for (SamplePair& item : pairs.items)
    item.cluster = random_word(task_of[item.group], static_cast<std::uint64_t>(item.doc_id)) | 1;
  return pairs.clustered = true;
}

/// Where lower is better, the signs of all values are turned, so that a fall is a loss.
/// Errors: as all_lower_is_better().
Result<bool> turn_towards_better(SamplePairs& pairs, bool lower) {
  if (!lower) {
    ORCH_ASSIGN(lower, all_lower_is_better(pairs.metric));
  }
  if (lower)
    for (SamplePair& item : pairs.items) {
      item.base = 0 - item.base;
      item.candidate = 0 - item.candidate;
    }
  return lower;
}

std::string group_name(const SamplePairs& pairs, std::uint32_t group) {
  const SampleGroup& named = pairs.groups[group];
  std::size_t filters = 0;
  for (const SampleGroup& other : pairs.groups) filters += other.task == named.task;
  if (named.task.empty()) return named.filter;
  return filters > 1 ? named.task + "/" + named.filter : named.task;
}

struct Mean {
  double sum = 0, items = 0;
  double value() const { return items > 0 ? sum / items : 0; }
};

/// Scores of the stable stretch: of all items, and of each group.
struct Stretch {
  std::vector<double> all;
  std::vector<std::vector<double>> groups;
};

void add_scores(const SamplePairs& pairs, bool candidates, Stretch& stretch) {
  Mean all;
  std::vector<Mean> groups(pairs.groups.size());
  for (const SamplePair& item : pairs.items) {
    const double value = candidates ? item.candidate : item.base;
    for (Mean* mean : {&all, &groups[item.group]}) {
      mean->sum += value;
      mean->items += 1;
    }
  }
  stretch.all.push_back(all.value());
  stretch.groups.resize(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) stretch.groups[i].push_back(groups[i].value());
}

/// Pairs of base and candidate; the mean scores of the base and of each baseline go to `stretch`,
/// nothing if there are no baselines.
Result<SamplePairs> read_stretch(const std::string& base, const std::string& candidate,
                                 const std::vector<std::string>& baselines,
                                 const SampleQuery& query, Stretch& stretch) {
  if (baselines.empty()) return read_pairs(base, candidate, query);
  ORCH_ASSIGN(const SampleSet first, read_samples(base, query));
  ORCH_ASSIGN(const SampleSet second, read_samples(candidate, query));
  ORCH_ASSIGN(SamplePairs pairs, pair_samples(first, second));
  add_scores(pairs, false, stretch);
  for (const std::string& path : baselines) {
    ORCH_ASSIGN(const SampleSet other, read_samples(path, query));
    ORCH_ASSIGN(const SamplePairs beside, pair_samples(first, other));
    add_scores(beside, true, stretch);
  }
  return pairs;
}

std::vector<Look> looks_of(const SamplePairs& pairs) {
  std::vector<Look> looks;
  looks.reserve(pairs.items.size());
  for (const SamplePair& item : pairs.items)
    looks.push_back({item.group, item.doc_id, item.candidate - item.base});
  return looks;
}

Result<void> check(const ComparisonRequest& request) {
  if (!(request.margin >= 0 && std::isfinite(request.margin)))
    return invalid("margin: a fraction from 0 to below 1 is expected, as 0.02");
  return judge(PairedCounts(), 0, request.alpha).ok()
             ? Result<void>()
             : invalid("alpha: a fraction between 0 and 0.5 is expected, as 0.05");
}

Result<void> judge_subjects(const SamplePairs& pairs, const Stretch& stretch,
                            const ComparisonRequest& request, Comparison& out) {
  if (pairs.groups.size() < 2) return {};
  // By task, a subject is one cluster: inside it items are taken as independent.
  const bool clustered = pairs.clustered && request.query.cluster != "task";
  std::vector<std::vector<PairedValues>> values(pairs.groups.size());
  for (const SamplePair& item : pairs.items)
    values[item.group].push_back({item.base, item.candidate, item.cluster});
  std::vector<Subject> subjects;
  std::vector<double> effects, variances;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    Subject subject{group_name(pairs, i), effect_of(values[i], clustered), {}, false};
    // One passage alone says nothing about the spread between passages.
    if (subject.effect.clusters == 1) subject.effect = effect_of(values[i], false);
    subject.lower_is_better = out.judgement.lower_is_better;
    if (!stretch.groups.empty()) subject.noise = checkpoint_noise(stretch.groups[i]);
    effects.push_back(subject.effect.difference);
    variances.push_back(shrinkage_variance(subject.effect));
    subjects.push_back(std::move(subject));
  }
  ORCH_ASSIGN(out.subjects, judge_together(subjects, request.margin, request.alpha));
  out.shrinkage = shrink(effects, variances);
  return {};
}

}  // namespace

Result<Comparison> compare(const ComparisonRequest& request) {
  ORCH_TRY(check(request));
  Comparison out;
  out.base = request.base;
  out.candidate = request.candidate;
  out.seed = request.seed;
  Stretch stretch;
  ORCH_ASSIGN(SamplePairs pairs, read_stretch(request.base, request.candidate, request.baselines,
                                              request.query, stretch));
  if (!request.baselines.empty()) out.noise = checkpoint_noise(stretch.all);
  out.metric = pairs.metric;
  out.filters_clustered = join_filters(pairs);
  ORCH_ASSIGN(const bool lower, turn_towards_better(pairs, request.lower_is_better));
  const std::vector<PairedValues> values = values_of(pairs, std::nullopt);
  out.effect = effect_of(values, pairs.clustered);
  ORCH_ASSIGN(out.judgement, judge(out.effect, out.noise, request.margin, request.alpha));
  out.judgement.lower_is_better = lower;
  if (!out.effect.binary)
    out.bootstrap = bootstrap_interval(values, pairs.clustered, 1 - 2 * request.alpha,
                                       request.resamples, request.seed);
  ORCH_TRY(judge_subjects(pairs, stretch, request, out));
  if (request.sequential) {
    std::vector<Look> looks = looks_of(pairs);
    shuffle_stratified(looks, request.seed);
    out.sequential = run_sequential(looks, request.alpha);
    if (out.effect.binary)
      out.sequential->against_margin = run_against_margin(looks, request.margin, request.alpha);
  }
  return out;
}

Result<std::vector<SubjectVerdict>> compare_suites(const std::string& base,
                                                   const std::string& candidate,
                                                   const std::vector<std::string>& baselines,
                                                   const std::vector<std::string>& suites,
                                                   double margin, double alpha) {
  std::vector<Subject> subjects;
  for (const std::string& suite : suites) {
    const std::string file = "samples_" + suite + ".jsonl";
    std::vector<std::string> beside;
    for (const std::string& folder : baselines) beside.push_back(join_path(folder, file));
    Stretch stretch;
    ORCH_ASSIGN(SamplePairs pairs, read_stretch(join_path(base, file), join_path(candidate, file),
                                                beside, {}, stretch));
    join_filters(pairs);
    ORCH_ASSIGN(const bool lower, turn_towards_better(pairs, false));
    Subject subject{suite, effect_of(values_of(pairs, std::nullopt), pairs.clustered), {}, lower};
    if (!beside.empty()) subject.noise = checkpoint_noise(stretch.all);
    subjects.push_back(std::move(subject));
  }
  return judge_together(subjects, margin, alpha);
}

}  // namespace orch::score
