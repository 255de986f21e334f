// report: what a job found out, as a table: one row an evaluated checkpoint, one column a suite,
// with the verdicts on forgetting beside the accuracies that they judge.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "orchctl/records.h"
#include "orchctl/session.h"
#include "orchctl/table.h"
#include "orchctl/verbs.h"
#include "protocol/spec_parse.h"

namespace orch::orchctl {
namespace {

using Json = nlohmann::ordered_json;
using protocol::ListKind;

constexpr std::uint64_t kReportBytesMax = 64 << 20;
constexpr std::size_t kRowWidth = 24;
constexpr std::size_t kCellWidth = 42;

/// One suite as the columns see it.
struct Column {
  std::string suite, label;
  std::int64_t items = 0;
  bool generate = false;
};

/// What one evaluate task found, by suite; verdicts on it, by suite.
struct Row {
  std::string task, label;
  Json results;
  std::map<std::string, Json> verdicts;
};

struct Report {
  protocol::JobInfo job;
  std::string note;
  std::vector<Column> columns;
  std::vector<Row> rows;
  std::vector<std::string> checks;  ///< forgetting tasks
};

Result<Json> read_json(const std::string& path) {
  ORCH_ASSIGN(const std::string text, read_file(path, kReportBytesMax));
  Json value = Json::parse(text, nullptr, false);
  if (!value.is_object()) return corrupt(path + " is not a JSON object");
  return value;
}

/// The number under `suite` whose key starts with `metric` + ",", or NaN.
double metric_of(const Json& results, const std::string& suite, const std::string& metric) {
  const Json& all = results.value("results", Json::object());
  if (!all.contains(suite)) return NAN;
  const Json& of_suite = all[suite];
  for (const auto& [key, value] : of_suite.items()) {
    if (key.starts_with(metric + ",") && value.is_number()) return value.get<double>();
  }
  return NAN;
}

std::int64_t items_of(const Json& results, const std::string& suite) {
  const Json& counts = results.value("n-samples", Json::object());
  return counts.contains(suite) && counts[suite].is_object()
             ? counts[suite].value("effective", std::int64_t{0})
             : 0;
}

/// "1,080"
std::string grouped(std::int64_t n) {
  std::string text = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string percent(double fraction) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %%", 100 * fraction);
  return text;
}

/// Points with a sign and a real minus: "+9.7", "−25.2".
std::string points(double fraction) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", std::abs(100 * fraction));
  return (fraction < 0 ? "−" : "+") + std::string(text);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

class Gatherer {
 public:
  explicit Gatherer(Session& session) : session_(session) {}

  Result<Report> gather(const std::string& name) {
    Report report;
    ORCH_ASSIGN(auto jobs, session_.list(ListKind::kJobs, name));
    if (jobs.jobs.empty()) return not_found("there is no job " + name, "orchctl get jobs");
    report.job = jobs.jobs.front();
    const std::string job = std::to_string(report.job.job.value);
    ORCH_ASSIGN(auto listed, session_.list(ListKind::kSpec, job));
    const protocol::SpecResult spec = protocol::parse_spec(listed.spec, job, listed.set);
    if (!spec.ok()) return spec.error();
    report.note = spec.spec->note;
    ORCH_ASSIGN(auto tasks, session_.list(ListKind::kTasks, job));
    for (const auto& task : tasks.tasks) paths_[task.task.task] = task.artifact_path;
    for (const protocol::TaskSpec& task : spec.spec->tasks) ORCH_TRY(evaluation(report, task));
    for (const protocol::TaskSpec& task : spec.spec->tasks) ORCH_TRY(verdict(report, task));
    return report;
  }

 private:
  Result<void> evaluation(Report& report, const protocol::TaskSpec& task) {
    const auto* evaluate = std::get_if<protocol::EvaluateSpec>(&task.block);
    if (evaluate == nullptr || paths_[task.name].empty()) return {};
    Row row{task.name, evaluate->label.empty() ? task.name : evaluate->label, {}, {}};
    ORCH_ASSIGN(row.results, read_json(paths_[task.name] + "/results.json"));
    for (const auto& suite : evaluate->suites) {
      const bool known =
          std::any_of(report.columns.begin(), report.columns.end(),
                      [&](const Column& column) { return column.suite == suite.name; });
      if (known) continue;
      report.columns.push_back({suite.name, suite.label.empty() ? suite.name : suite.label,
                                items_of(row.results, suite.name), suite.kind == "generate"});
    }
    report.rows.push_back(std::move(row));
    return {};
  }

  Result<void> verdict(Report& report, const protocol::TaskSpec& task) {
    const auto* forgetting = std::get_if<protocol::ForgettingSpec>(&task.block);
    if (forgetting == nullptr || paths_[task.name].empty()) return {};
    report.checks.push_back(task.name);
    ORCH_ASSIGN(const Json verdicts, read_json(paths_[task.name] + "/verdicts.json"));
    const Json suites = verdicts.value("suites", Json::object());
    for (Row& row : report.rows) {
      if (row.task != forgetting->candidate.task) continue;
      for (const auto& [suite, value] : suites.items()) row.verdicts[suite] = value;
    }
    return {};
  }

  Session& session_;
  std::map<std::string, std::string> paths_;
};

std::string cell(const Row& row, const Column& column) {
  const double accuracy = metric_of(row.results, column.suite, "acc");
  if (std::isnan(accuracy)) return "";
  std::string text = percent(accuracy);
  const auto found = row.verdicts.find(column.suite);
  if (found == row.verdicts.end()) return text;
  const Json& verdict = found->second;
  // With several suites the corrected interval is the one that the verdict follows from.
  const char* decides = verdict.contains("corrected_interval") ? "corrected_interval" : "interval";
  const auto interval = verdict.value(decides, std::vector<double>{0, 0});
  return text + "  " + points(verdict.value("difference", 0.0)) + " [" + points(interval[0]) +
         ", " + points(interval[1]) + "]  " + upper(verdict.value("verdict", std::string("?")));
}

/// Rows whose text is the same in every column but the first are of no use: rows without any choice
/// suite are left out.
void print_choices(const Report& report) {
  std::string header(kRowWidth, ' ');
  for (const Column& column : report.columns) {
    if (!column.generate)
      header += padded(column.label + ", " + grouped(column.items) + " items", kCellWidth);
  }
  std::printf("%s\n", header.c_str());
  for (const Row& row : report.rows) {
    std::string line = padded(row.label, kRowWidth);
    bool any = false;
    for (const Column& column : report.columns) {
      if (column.generate) continue;
      const std::string text = cell(row, column);
      any = any || !text.empty();
      line += padded(text, kCellWidth);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (any) std::printf("%s\n", line.c_str());
  }
}

/// Free answers: the first evaluation that has the suite, and the last.
void print_generated(const Report& report) {
  for (const Column& column : report.columns) {
    if (!column.generate) continue;
    std::vector<std::pair<std::string, double>> values;
    for (const Row& row : report.rows) {
      const double value = metric_of(row.results, column.suite, "exact_match");
      if (!std::isnan(value)) values.emplace_back(row.label, value);
    }
    if (values.empty()) continue;
    std::string text = percent(values.front().second);
    if (values.size() > 1) text += " → " + percent(values.back().second);
    std::printf("%s%s: %s\n", padded(values.back().first, kRowWidth).c_str(), column.label.c_str(),
                text.c_str());
  }
}

Json report_json(const Report& report) {
  Json rows = Json::array();
  for (const Row& row : report.rows) {
    Json verdicts = Json::object();
    for (const auto& [suite, verdict] : row.verdicts) verdicts[suite] = verdict;
    rows.push_back({{"task", row.task},
                    {"label", row.label},
                    {"results", row.results.value("results", Json::object())},
                    {"verdicts", std::move(verdicts)}});
  }
  return {{"job", report.job.job.value},
          {"name", report.job.name},
          {"state", protocol::state_name(report.job.state)},
          {"evaluations", std::move(rows)},
          {"note", report.note}};
}

std::string job_time(const protocol::JobInfo& job, WallTime now) {
  const WallTime until = job.ended.microseconds == 0 ? now : job.ended;
  const std::int64_t seconds = (until.microseconds - job.submitted.microseconds) / 1'000'000;
  return seconds < 60
             ? std::to_string(seconds) + " s"
             : std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

}  // namespace

int report(Session& session) {
  const Options& options = session.options();
  auto gathered = Gatherer(session).gather(options.name);
  if (!gathered.ok()) return fail(options, gathered.error());
  if (options.output != Output::kTable) {
    print_record(options.output, report_json(*gathered));
    return kExitDone;
  }
  const auto& job = gathered->job;
  const auto number = static_cast<unsigned long long>(job.job.value);
  std::printf("%s · job %llu · %s in %s\n", job.name.c_str(), number,
              protocol::state_name(job.state), job_time(job, session.clock().wall()).c_str());
  if (gathered->rows.empty()) {
    std::printf(
        "no evaluation has ended yet\nnext: orchctl explain %llu · orchctl get tasks %llu\n",
        number, number);
    return kExitDone;
  }
  print_choices(*gathered);
  print_generated(*gathered);
  if (!gathered->note.empty()) std::printf("%s\n", gathered->note.c_str());
  std::printf("next: orchctl describe %llu", number);
  if (!gathered->checks.empty())
    std::printf(" · orchctl lineage %llu/%s", number, gathered->checks.back().c_str());
  std::printf(" · orchctl logs %llu/%s\n", number, gathered->rows.front().task.c_str());
  return kExitDone;
}

}  // namespace orch::orchctl
