#pragma once
// Ends a training run once its loss is low enough: the mean of the last steps against a bound. A
// loss has the same bits on every rank and after every resume, so all ranks end at the same step.
// Training thread only.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "protocol/spec.h"

namespace orch::jobs {

class EarlyStop {
 public:
  explicit EarlyStop(std::optional<protocol::StopRule> rule) : rule_(rule) {}

  /// The losses of the run so far, from the ledger's text in the checkpoint that it goes on from.
  /// Errors: kCorrupt.
  Result<void> recall(const std::string& ledger);
  void add(double loss);
  /// The rule holds for the last `over` losses.
  bool reached() const;
  bool wanted() const { return rule_.has_value(); }

 private:
  std::optional<protocol::StopRule> rule_;
  std::vector<double> last_;  ///< at most `over`, oldest first
};

}  // namespace orch::jobs
