#pragma once
// Ends a training run once its loss is low enough: the mean of the last steps against a bound. A
// loss has the same bits on every rank and after every resume, so all ranks end at the same step.
// Training thread only.

#include <deque>
#include <optional>
#include <string>

#include "base/result.h"
#include "protocol/spec.h"

namespace orch::jobs {

class EarlyStop {
 public:
  explicit EarlyStop(std::optional<protocol::StopRule> rule) : rule_(rule) {}

  /// The last losses of the run so far, from the ledger's text in the checkpoint that it goes on
  /// from. Without a rule the text is not read. Errors: kCorrupt.
  Result<void> recall(const std::string& ledger);
  void add(double loss);
  /// The rule holds for the last `over` losses.
  bool reached() const;

 private:
  std::optional<protocol::StopRule> rule_;
  std::deque<double> last_;  ///< at most `over`, oldest first
};

}  // namespace orch::jobs
