#pragma once
// The ledger of a training run: one line a step, each chained to the one before by SHA-256
// (CONTRACT §5). Two runs are the same iff their last lines have the same hash; nothing in a line
// depends on ranks, threads, paths, attempts or time. Written by rank 0 alone, appended without
// fsync each step and synced before a checkpoint counts. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace orch::optim {

struct LedgerLine {
  std::int64_t step = 0;  ///< steps done, from 1
  std::string prev;       ///< hash of the line before; of step 1: the genesis, a hash of all that
                          ///< defines the run
  std::uint64_t cursor = 0;  ///< first slot that is not used yet
  std::string mixture;       ///< version of data and mixture
  std::string loss_bits;     ///< IEEE 754 bits of the fp64 loss, 16 hexadecimal digits
  std::string state;         ///< digest of parameters and moments after the step
  std::string build;         ///< build id and instruction set
  std::string hash;          ///< SHA-256 of the line's canonical text without this field
  bool operator==(const LedgerLine&) const = default;
};

/// 16 hexadecimal digits of the bits of `value`.
std::string loss_bits(double value);
double loss_of_bits(const std::string& bits);
/// What `hash` must be.
std::string ledger_hash(const LedgerLine& line);
/// One line of JSON, without a newline, in the one canonical form.
std::string ledger_text(const LedgerLine& line);
/// Reads what ledger_text wrote, and nothing else. `where` is file:line.  Errors: kCorrupt.
Result<LedgerLine> parse_ledger_line(std::string_view text, const std::string& where);
/// All lines of a ledger's text, hashes and chain verified. A last line without its newline is
/// torn: not counted. Errors: kCorrupt with `file`:line.
Result<std::vector<LedgerLine>> parse_ledger(std::string_view text, const std::string& file);
Result<std::vector<LedgerLine>> read_ledger(const std::string& path);

class Ledger {
 public:
  /// Starts the file anew with `text` (the ledger in a checkpoint, "" to begin), verified, written
  /// atomically. Errors: kCorrupt if `text` is not a ledger or its last step is not `step`.
  static Result<Ledger> begin(const std::string& path, const std::string& text, std::int64_t step,
                              const std::string& genesis);
  /// Opens what is there: repairs a torn last line and forgets what comes after `step`.
  /// Errors: kCorrupt if the chain is broken or does not reach `step`.
  static Result<Ledger> open(const std::string& path, std::int64_t step,
                             const std::string& genesis);

  /// Fills prev and hash, writes one line.
  Result<void> append(LedgerLine line);
  Result<void> sync();
  /// The whole file as it is now, for a checkpoint.
  Result<std::string> text() const;
  /// Hash of the last line, or the genesis.
  const std::string& last_hash() const { return last_hash_; }
  std::int64_t last_step() const { return last_step_; }

 private:
  std::string path_, last_hash_;
  std::int64_t last_step_ = 0;
  FileDescriptor fd_;
};

}  // namespace orch::optim
