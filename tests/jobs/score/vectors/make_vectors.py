#!/usr/bin/env python3
"""Writes paired.jsonl beside this file: exact McNemar by scipy, Tango's interval from its definition.

The interval uses no closed form: the constrained maximum of the multinomial likelihood is found by bounded search,
the score statistic is inverted by root finding. Needs `pip install scipy==1.17.1`.
"""
import json
import math
import pathlib
import sys

import scipy
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binom, norm


def restricted_loss_share(n, losses, wins, delta):
    """argmax over q of the likelihood with P(loss) = q, P(win) = q + delta."""
    low, high = max(0.0, -delta), (1 - delta) / 2
    same = n - losses - wins

    def minus_log_likelihood(q):
        value = 0.0
        for count, share in ((losses, q), (wins, q + delta), (same, 1 - 2 * q - delta)):
            if count:
                if share <= 0:
                    return 1e300
                value -= count * math.log(share)
        return value

    found = minimize_scalar(minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-15})
    # Polish: the derivative's root, where the maximum is inside.
    def slope(q):
        return losses / q + wins / (q + delta) - 2 * same / (1 - 2 * q - delta)

    a, b = max(low + 1e-14, found.x - 1e-4), min(high - 1e-14, found.x + 1e-4)
    if a < b and slope(a) > 0 > slope(b):
        return brentq(slope, a, b, xtol=1e-16, rtol=8.9e-16)
    candidates = [found.x, low, high]
    return min(candidates, key=minus_log_likelihood)


def statistic(n, losses, wins, delta):
    q = restricted_loss_share(n, losses, wins, delta)
    return (wins - losses - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))


def tango(n, losses, wins, confidence):
    z = norm.ppf(0.5 + confidence / 2)
    centre = (wins - losses) / n
    e = 1e-12
    def solve(low, high, target):
        return brentq(lambda d: statistic(n, losses, wins, d) - target, low, high, xtol=1e-14)
    low = solve(-1 + e, centre - e, z) if losses < n else -1.0
    high = solve(centre + e, 1 - e, -z) if wins < n else 1.0
    return low, high


CASES = [(1080, 290, 47), (1080, 26, 105), (1080, 15, 15), (990, 0, 25), (990, 25, 0), (14042, 700, 650)]
CASES += [(100, 3, 1), (30, 20, 5), (50, 0, 1), (1273, 61, 40), (10, 6, 4), (200, 1, 0), (100000, 5000, 4800)]


def main(path):
    with open(path, "w") as out:
        for n, losses, wins in CASES:
            row = {"items": n, "losses": losses, "wins": wins, "scipy": scipy.__version__}
            row["p"] = float(binom.sf(losses - 1, losses + wins, 0.5))
            for confidence in (0.9, 0.95):
                row["interval_%g" % confidence] = tango(n, losses, wins, confidence)
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "paired.jsonl")
