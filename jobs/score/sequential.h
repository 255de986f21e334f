#pragma once
// A test that may be stopped at any item: McNemar by betting. Pure.

#include <cstdint>
#include <optional>
#include <vector>

namespace orch::score {

/// A bettor on "a changed item got worse, with a chance above 1/2", one step an item, in constant
/// time. Its wealth is exp(log_bet_against_fair(losses, wins)), updated by
///   E(b + 1, c) = (2 (b + 1) E(b, c) + 1) / (b + c + 2),
///   E(b, c + 1) = (2 (c + 1) E(b, c) − 1) / (b + c + 2),
/// which follow from p + (1 − p) = 1 and from integrating by parts.
class Bettor {
 public:
  void lose();
  void win();
  /// While wins lead, E ≤ 1 and the recursion would lose its digits: then it is the closed form.
  double wealth() const;
  std::int64_t losses() const { return losses_; }
  std::int64_t wins() const { return wins_; }

 private:
  std::int64_t losses_ = 0, wins_ = 0;
  double wealth_ = 1;  ///< valid where losses ≥ wins
  double middle_ = 1;  ///< P(X = pairs), X ~ Bin(2 pairs, 1/2)
  std::int64_t pairs_ = 0;
};

/// An item in the order in which it is looked at.
struct Look {
  std::uint32_t stratum = 0;
  std::int64_t id = 0;
  double change = 0;  ///< candidate − base
};

/// Puts items into an order that only `seed` and the items' names decide, not their answers or
/// their place in a file; at every prefix each stratum has its share, within one or so.
void shuffle_stratified(std::vector<Look>& items, std::uint64_t seed);

/// A bet that the mean change lies on one side of −margin. An item's change is −1, 0 or 1.
struct MarginBet {
  std::optional<std::int64_t> stopped_after;  ///< items looked at when it first reached 1 / alpha
  double largest = 1;                         ///< wealth on the way
  double p_anytime() const { return 1 / largest; }
};
struct MarginBets {
  MarginBet regress;  ///< against "the drop is at most the margin"
  MarginBet pass;     ///< against "the drop is at least the margin"
};
/// The mean wealth of bettors that each stake a fixed share on every item, so that every item is
/// one factor 1 ± share · (change + margin), of mean 1 or less where the hypothesis holds.
/// Source: Waudby-Smith and Ramdas 2024, doi:10.1093/jrsssb/qkad009, §4.
MarginBets run_against_margin(const std::vector<Look>& ordered, double margin, double alpha);

struct SequentialResult {
  std::int64_t items = 0, losses = 0, wins = 0;  ///< of the whole set
  std::optional<std::int64_t> stopped_after;     ///< items looked at when E first reached 1 / alpha
  std::int64_t losses_at_stop = 0, wins_at_stop = 0;
  double log_e = 0;                          ///< at the end
  double log_e_largest = 0;                  ///< on the way
  std::optional<MarginBets> against_margin;  ///< where values are right or wrong
  /// Valid wherever one stops: 1 / the largest E so far.
  double p_anytime() const;
};
SequentialResult run_sequential(const std::vector<Look>& ordered, double alpha);

}  // namespace orch::score
