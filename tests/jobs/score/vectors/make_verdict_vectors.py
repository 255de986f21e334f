#!/usr/bin/env python3
"""Writes verdicts.jsonl beside this file: one line a call of jobs/score's statistics, with the value of the field's packages.

Needs `pip install scipy==1.17.1 statsmodels==0.15.0 mpmath==1.3.0`. Tests compare to 1e-12.
"""
import json
import math
import pathlib
import random
import sys

import mpmath
import numpy
import scipy
import statsmodels
import statsmodels.api
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

mpmath.mp.dps = 50


def log_bet(losses, wins):
    """2 times the integral of p^losses (1-p)^wins over [1/2, 1], times 2^n, in whole numbers."""
    n = losses + wins
    term = total = 1  # C(n + 1, k)
    for k in range(losses):
        term = term * (n + 1 - k) // (k + 1)
        total += term
    return float(mpmath.log(mpmath.mpf(total)) - mpmath.log(mpmath.mpf((n + 1) * math.comb(n, losses))))


def student_tail(t, degrees):
    x = mpmath.mpf(degrees) / (degrees + mpmath.mpf(t) ** 2)
    half = mpmath.betainc(mpmath.mpf(degrees) / 2, mpmath.mpf("0.5"), 0, x, regularized=True) / 2
    return float(half if t >= 0 else 1 - half)


def paired(rng, items, groups):
    base = [round(rng.uniform(0, 1), 4) for _ in range(items)]
    shifts = [rng.gauss(-0.02, 0.05) for _ in range(groups)]
    candidate = [round(b + shifts[i % groups] + rng.gauss(0, 0.1), 4) for i, b in enumerate(base)]
    test = stats.ttest_rel(candidate, base, alternative="less")
    interval = stats.ttest_rel(candidate, base).confidence_interval(0.9)
    gaps = numpy.array(candidate) - numpy.array(base)
    clusters = [i % groups for i in range(items)]
    model = statsmodels.api.OLS(gaps, numpy.ones(items)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    return {"kind": "paired", "base": base, "candidate": candidate, "clusters": clusters, "p": float(test.pvalue),
            "interval": [float(interval.low), float(interval.high)], "cluster_error": float(model.bse[0])}


def rows():
    rng = random.Random(5)
    for losses, wins in [(0, 0), (1, 0), (0, 1), (12, 3), (3, 12), (100, 80), (700, 650), (290, 47), (20000, 19500)]:
        yield {"kind": "log_bet", "args": [losses, wins], "value": log_bet(losses, wins)}
    for k, n in [(1, 1), (7, 20), (13, 20), (5100, 10000), (500200, 1000000), (60, 60), (2, 100)]:
        yield {"kind": "fair_tail", "args": [k, n], "value": float(stats.binom.sf(k - 1, n, 0.5))}
    for t, degrees in [(0.3, 1), (2, 1), (-1.5, 3), (1.7, 10), (12, 5), (0.001, 50), (3.1, 299), (3.1, 301), (1.1, 2856461),
                       (8, 100000), (40, 1000), (-2.2, 999999)]:
        yield {"kind": "student_tail", "args": [t, degrees], "value": student_tail(t, degrees)}
    for tail, degrees in [(0.05, 1), (0.05, 4), (0.025, 56), (0.05, 14041), (0.001, 999999), (0.4, 2)]:
        yield {"kind": "student_upper", "args": [tail, degrees], "value": float(stats.t.isf(tail, degrees))}
    for p in (1e-20, 1e-5, 0.01, 0.5, 0.8, 0.975):
        yield {"kind": "normal_quantile", "args": [p], "value": float(stats.norm.ppf(p))}
    for items, groups in [(2, 2), (30, 5), (200, 20)]:
        yield paired(rng, items, groups)
    for count in (1, 5, 57):
        p = [rng.random() ** 3 for _ in range(count)]
        yield {"kind": "holm", "p": p, "rejected": [bool(r) for r in multipletests(p, 0.05, "holm")[0]]}
        if count == 1:
            continue
        effects = [rng.gauss(-0.01, 0.03) for _ in range(count)]
        variances = [rng.uniform(1e-4, 2e-3) for _ in range(count)]
        combined = combine_effects(numpy.array(effects), numpy.array(variances), method_re="dl")
        yield {"kind": "shrink", "effects": effects, "variances": variances, "between": float(combined.tau2),
               "mean": float(combined.mean_effect_re)}


def main(path):
    with open(path, "w") as out:
        for row in rows():
            row["packages"] = "scipy %s, statsmodels %s" % (scipy.__version__, statsmodels.__version__)
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "verdicts.jsonl")
