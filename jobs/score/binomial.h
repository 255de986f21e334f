#pragma once
// The fair coin: probabilities and tails of Bin(n, 1/2), and the bet against it. Exact to the last
// digits for any n, also where the tail is tiny. Pure.

#include <cstdint>

namespace orch::score {

/// ln P(X = k), X ~ Bin(n, 1/2), 0 ≤ k ≤ n.
/// Source: Loader 2000, "Fast and accurate computation of binomial probabilities".
double log_fair_binomial(std::int64_t k, std::int64_t n);

/// P(X ≥ k), X ~ Bin(n, 1/2).
double fair_binomial_tail(std::int64_t k, std::int64_t n);

/// Exact one-sided McNemar p of "any drop": P(X ≥ losses), X ~ Bin(losses + wins, 1/2); 1 with no
/// discordant pair. Source: McNemar 1947, doi:10.1007/BF02295996.
double mcnemar_p(std::int64_t losses, std::int64_t wins);

/// ln of the E-value of "losses are likelier than wins" against a fair coin: the mean likelihood
/// ratio over P(loss) uniform on [1/2, 1],
///   E = 2 ∫ p^losses (1 − p)^wins dp / 2^−(losses + wins) = 2 P(Y ≤ losses) / ((n + 1) P(X =
///   losses)),
/// X ~ Bin(n, 1/2), Y ~ Bin(n + 1, 1/2). A test martingale: with no drop, P(E ever ≥ 1/alpha) ≤
/// alpha, wherever one stops. Source: Ville 1939; Robbins 1970, doi:10.1214/aoms/1177696786.
double log_bet_against_fair(std::int64_t losses, std::int64_t wins);

}  // namespace orch::score
