#pragma once
// One form of a profile over the rows of a file: the values of all rows, of each task or language
// where the rows name several, and their average as the published tables have it. Owned by one run
// of the scorer. Thread: one.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jobs/score/metrics.h"
#include "jobs/score/profiles.h"

namespace orch::score {

class ProfileRun {
 public:
  /// Errors: kInvalid: a metric's options.
  static Result<ProfileRun> open(const Profile& profile, const ProfileForm& form,
                                 const MetricOptions& options);

  /// The row's own values.  Errors: kInvalid: as the parser's and the metrics'.
  Result<Fields> add(const Row& row, RowText& text, bool per_item);

  /// The values over all rows, "printed" as the published tables have them; "tasks" and "average"
  /// where there are several.
  Fields finish();

 private:
  /// Rows that are one number of a table.
  struct Cell {
    std::string name;
    bool pool = false;
    std::vector<std::unique_ptr<Metric>> metrics;
    Mean missing, ambiguous;
    std::uint64_t scored = 0, skipped = 0;
  };

  ProfileRun(const Profile& profile, const ProfileForm& form, MetricOptions options);
  Result<Cell> new_cell(std::string name, bool pool) const;
  /// The cell of the row's task, or language; null: it names neither.
  Result<Cell*> cell_of(const Row& row);
  Fields finish_cell(Cell& cell, std::vector<double>& values) const;
  std::string printed(const std::vector<double>& values, std::uint64_t items) const;

  const Profile* profile_;
  const ProfileForm* form_;
  MetricOptions options_;
  std::vector<std::string> names_;  ///< of the metrics
  Cell all_;
  std::vector<Cell> cells_;  ///< in the order of their first rows
};

}  // namespace orch::score
