#include "jobs/score/sequential.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/random.h"
#include "jobs/score/binomial.h"

namespace orch::score {

void Bettor::lose() {
  const bool behind = losses_ < wins_;
  ++losses_;
  if (behind && losses_ == wins_) {
    // Even again: P(Y ≤ pairs) is 1/2, so E = 1 / ((2 pairs + 1) P(X = pairs)).
    for (; pairs_ < losses_; ++pairs_) {
      const double k = static_cast<double>(pairs_);
      middle_ *= (2 * k + 1) / (2 * k + 2);
    }
    wealth_ = 1 / ((2 * static_cast<double>(losses_) + 1) * middle_);
  } else if (!behind) {
    const double b = static_cast<double>(losses_), n = b + static_cast<double>(wins_);
    wealth_ = (2 * b * wealth_ + 1) / (n + 1);
  }
}

void Bettor::win() {
  ++wins_;
  if (losses_ < wins_) return;
  const double c = static_cast<double>(wins_), n = c + static_cast<double>(losses_);
  wealth_ = (2 * c * wealth_ - 1) / (n + 1);
}

double Bettor::wealth() const {
  return losses_ >= wins_ ? wealth_ : std::exp(log_bet_against_fair(losses_, wins_));
}

void shuffle_stratified(std::vector<Look>& items, std::uint64_t seed) {
  struct Place {
    std::uint32_t stratum;
    std::uint64_t key;
    std::size_t item;
    double at;
  };
  std::vector<Place> places(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    places[i] = {items[i].stratum,
                 random_word(seed, items[i].stratum, static_cast<std::uint64_t>(items[i].id)), i,
                 0};
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.stratum, a.key, a.item) < std::tie(b.stratum, b.key, b.item);
  });
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    while (end < places.size() && places[end].stratum == places[begin].stratum) ++end;
    // Evenly over [0, 1), from a start of the stratum's own.
    const double count = static_cast<double>(end - begin);
    const double start =
        static_cast<double>(random_word(seed, places[begin].stratum, 0, 1) >> 11) * 0x1.0p-53;
    for (std::size_t i = begin; i < end; ++i)
      places[i].at = (static_cast<double>(i - begin) + start) / count;
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.at, a.stratum, a.key, a.item) < std::tie(b.at, b.stratum, b.key, b.item);
  });
  std::vector<Look> ordered;
  ordered.reserve(items.size());
  for (const Place& place : places) ordered.push_back(items[place.item]);
  items = std::move(ordered);
}

double SequentialResult::p_anytime() const { return std::exp(-std::max(log_e_largest, 0.0)); }

SequentialResult run_sequential(const std::vector<Look>& ordered, double alpha) {
  SequentialResult out;
  out.items = static_cast<std::int64_t>(ordered.size());
  Bettor bettor;
  double largest = 1;
  std::int64_t looked = 0;
  for (const Look& item : ordered) {
    ++looked;
    if (item.change == 0) continue;
    item.change < 0 ? bettor.lose() : bettor.win();
    if (bettor.losses() <= bettor.wins()) continue;
    const double wealth = bettor.wealth();
    if (std::isfinite(wealth)) {
      largest = std::max(largest, wealth);
    } else if (item.change < 0) {  // beyond what a double holds, its logarithm is still known
      out.log_e_largest =
          std::max(out.log_e_largest, log_bet_against_fair(bettor.losses(), bettor.wins()));
    }
    if (!out.stopped_after && !(wealth < 1 / alpha)) {
      out.stopped_after = looked;
      out.losses_at_stop = bettor.losses();
      out.wins_at_stop = bettor.wins();
    }
  }
  out.losses = bettor.losses();
  out.wins = bettor.wins();
  out.log_e = log_bet_against_fair(out.losses, out.wins);
  out.log_e_largest = std::max({std::log(largest), out.log_e, out.log_e_largest});
  return out;
}

namespace {

/// Shares of its wealth that a bettor stakes: from the largest that cannot ruin it downwards.
class MarginBettors {
 public:
  explicit MarginBettors(double largest_share) {
    for (std::size_t k = 0; k < kBettors; ++k)
      shares_[k] = largest_share * std::pow(0.5, 0.5 * static_cast<double>(k) + 0.5);
    wealth_.fill(1.0 / kBettors);
  }
  /// `gain`: positive where the item speaks for the bet. The mean wealth behind it.
  double see(double gain) {
    double sum = 0;
    for (std::size_t k = 0; k < kBettors; ++k)
      sum += wealth_[k] = std::min(wealth_[k] * (1 + shares_[k] * gain), kLargestWealth);
    return sum;
  }

 private:
  static constexpr std::size_t kBettors = 16;
  static constexpr double kLargestWealth = 1e290;
  std::array<double, kBettors> shares_{}, wealth_{};
};

}  // namespace

MarginBets run_against_margin(const std::vector<Look>& ordered, double margin, double alpha) {
  MarginBets out;
  MarginBettors worse(1 / (1 + margin)), better(1 / (1 - margin));
  std::int64_t looked = 0;
  const auto note = [&](MarginBet& bet, double wealth) {
    bet.largest = std::max(bet.largest, wealth);
    if (!bet.stopped_after && wealth >= 1 / alpha) bet.stopped_after = looked;
  };
  for (const Look& item : ordered) {
    ++looked;
    note(out.regress, worse.see(-item.change - margin));
    note(out.pass, better.see(item.change + margin));
  }
  return out;
}

}  // namespace orch::score
