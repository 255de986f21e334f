#include "jobs/early_stop.h"

#include "jobs/optim/ledger.h"

namespace orch::jobs {

Result<void> EarlyStop::recall(const std::string& ledger) {
  if (!rule_) return {};
  ORCH_ASSIGN(const auto lines, optim::parse_ledger(ledger, "orch/ledger.jsonl"));
  for (const optim::LedgerLine& line : lines) add(optim::loss_of_bits(line.loss_bits));
  return {};
}

void EarlyStop::add(double loss) {
  if (!rule_) return;
  last_.push_back(loss);
  if (last_.size() > static_cast<std::size_t>(rule_->over)) last_.pop_front();
}

bool EarlyStop::reached() const {
  if (!rule_ || last_.size() < static_cast<std::size_t>(rule_->over)) return false;
  double sum = 0.0;
  for (const double loss : last_) sum += loss;
  return sum <= rule_->loss * rule_->over;
}

}  // namespace orch::jobs
