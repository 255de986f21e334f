#include "jobs/score/profile_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "jobs/data/json_text.h"
#include "jobs/score/row_text.h"

namespace orch::score {

namespace {

/// Cells of a table; more are no table, but names that are not tasks.
constexpr std::size_t kCellsMax = 1024;

/// 51 of "task51" and "51"; −1: another name.
int task_number(const std::string& task) {
  const std::size_t begin = task.starts_with("task") ? 4 : 0;
  int number = -1;
  const char* const end = task.data() + task.size();
  const auto read = std::from_chars(task.data() + begin, end, number);
  return read.ec == std::errc() && read.ptr == end ? number : -1;
}

/// The name under which a metric reports, without what chooses its form.
std::string field_name(const std::string& metric) { return metric.substr(0, metric.find(':')); }

}  // namespace

ProfileRun::ProfileRun(const Profile& profile, const ProfileForm& form, MetricOptions options)
    : profile_(&profile), form_(&form), options_(std::move(options)) {
  names_.assign(form.metrics.begin(), form.metrics.end());
  if (names_.empty()) names_.emplace_back("accuracy");
}

Result<ProfileRun> ProfileRun::open(const Profile& profile, const ProfileForm& form,
                                    const MetricOptions& options) {
  ProfileRun run(profile, form, options);
  ORCH_ASSIGN(run.all_, run.new_cell("", false));
  return run;
}

Result<ProfileRun::Cell> ProfileRun::new_cell(std::string name, bool pool) const {
  Cell cell;
  cell.name = std::move(name);
  cell.pool = pool;
  ORCH_ASSIGN(cell.metrics, make_metrics(names_, options_));
  return cell;
}

Result<ProfileRun::Cell*> ProfileRun::cell_of(const Row& row) {
  std::string name = row.task.empty() ? row.language : row.task;
  if (name.empty()) return nullptr;
  bool pool = false;
  const int number = task_number(row.task);
  for (const TaskPool& pooled : profile_->pools)
    if (number >= pooled.first && number <= pooled.last) {
      name = pooled.name;
      pool = true;
    }
  for (Cell& cell : cells_)
    if (cell.name == name) return &cell;
  if (cells_.size() == kCellsMax)
    return invalid("'task' and 'language' name more than " + std::to_string(kCellsMax) +
                   " different tasks");
  ORCH_ASSIGN(Cell cell, new_cell(std::move(name), pool));
  cells_.push_back(std::move(cell));
  return &cells_.back();
}

Result<Fields> ProfileRun::add(const Row& row, RowText& text, bool per_item) {
  Fields item;
  ORCH_ASSIGN(PreparedRow prepared, prepare_row(*profile_, *form_, row));
  ORCH_ASSIGN(Cell* const own, cell_of(row));
  for (Cell* cell : {&all_, own})
    if (cell) ++(prepared.skipped ? cell->skipped : cell->scored);
  if (prepared.skipped) {
    item.flag("skipped", true);
    return item;
  }
  ORCH_TRY(text.set(prepared.row));
  for (Cell* cell : {&all_, own}) {
    if (!cell) continue;
    cell->missing.add(prepared.missing);
    cell->ambiguous.add(prepared.ambiguous);
    for (const auto& metric : cell->metrics)
      ORCH_TRY(metric->add(prepared.row, text, per_item && cell == &all_ ? &item : nullptr));
  }
  item.append(prepared.verdict);
  return item;
}

Fields ProfileRun::finish_cell(Cell& cell, std::vector<double>& values) const {
  Fields set;
  if (cell.scored > 0)
    for (const auto& metric : cell.metrics) metric->finish(set);
  values.clear();
  for (const std::string& name : names_) values.push_back(set.value(field_name(name)).value_or(0));
  set.raw("printed", data::json_quoted(printed(values, cell.scored)));
  if (form_->verdicts()) {
    set.number("missing", cell.missing.value());
    set.number("ambiguous", cell.ambiguous.value());
  }
  set.count("items", cell.scored);
  if (cell.skipped > 0) set.count("skipped", cell.skipped);
  return set;
}

std::string ProfileRun::printed(const std::vector<double>& values, std::uint64_t items) const {
  std::string out;
  for (double value : values) {
    char text[64];
    // A share of items: the count is divided last, as the scripts do it, so that ties round alike.
    const double n = static_cast<double>(items), count = std::round(value * n);
    const bool share = items > 0 && std::abs(value * n - count) < 1e-9 * std::max(1.0, count);
    if (profile_->printed == Printed::kPercent2)
      std::snprintf(text, sizeof text, "%.2f", share ? 100 * count / n : 100 * value);
    else
      std::snprintf(text, sizeof text, profile_->printed == Printed::kFraction3 ? "%.3f" : "%f",
                    value);
    out += (out.empty() ? "" : "/") + std::string(text);
  }
  return out;
}

Fields ProfileRun::finish() {
  std::vector<double> values;
  Fields set = finish_cell(all_, values);
  if (cells_.size() < 2) return set;
  Fields tasks;
  std::vector<double> sums(names_.size());
  std::uint64_t averaged = 0;
  for (Cell& cell : cells_) {
    tasks.raw(cell.name, finish_cell(cell, values).json());
    if (cell.pool && !form_->average_of_pools) continue;
    ++averaged;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
  }
  set.raw("tasks", tasks.json());
  if (averaged == 0) return set;
  Fields average;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] /= static_cast<double>(averaged);
    average.number(field_name(names_[i]), sums[i]);
  }
  average.raw("printed", data::json_quoted(printed(sums, 0)));
  average.count("tasks", averaged);
  set.raw("average", average.json());
  return set;
}

}  // namespace orch::score
