"""Verdicts of `orch-tool compare` against scipy, statsmodels and Tango's definition, on random samples files.

ORCH_BIN_DIR names the program. Exit 1 when a difference exceeds 1e-12 (intervals: of a fraction).
Arguments: [comparisons [seed]].
"""
import gzip
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import mpmath
import numpy
import statsmodels.api
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

mpmath.mp.dps = 40
warnings.simplefilter("ignore", RuntimeWarning)  # statsmodels divides by a variance of 0 between subjects
LIMIT = 1e-12
TOOL = Path(os.environ.get("ORCH_BIN_DIR", Path(__file__).parents[2] / "build" / "bin")) / "orch-tool"
worst = {}


def check(what, mine, theirs, where):
    gap = abs(float(mine) - float(theirs))
    worst[what] = max(worst.get(what, 0), gap)
    if not gap <= LIMIT:
        sys.exit(f"{what}: {mine} against {theirs} ({where})")


def tango_end(n, losses, wins, z):
    """The delta where Tango's score statistic is z, in 40 digits: the restricted share is the root of its own equation."""
    def gap(delta):
        b = -losses - wins + (2 * n - wins + losses) * delta
        c = -losses * delta * (1 - delta)
        share = (mpmath.sqrt(b * b - 8 * n * c) - b) / (4 * n)
        spread = n * (2 * share + delta * (1 - delta))
        return (wins - losses - n * delta) / mpmath.sqrt(spread) - z

    centre = mpmath.mpf(wins - losses) / n
    if z > 0 and losses == n or z < 0 and wins == n:
        return math.copysign(1, -z)
    low, high = (mpmath.mpf(-1), centre) if z > 0 else (centre, mpmath.mpf(1))
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(middle) > 0 else (low, middle)
    return low


def write(path, rows, rng):
    rng.shuffle(rows)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)


def make(rng, work, binary):
    subjects = rng.choice([1, 1, 3, 8])
    changing, drop = rng.uniform(0, 0.3), rng.uniform(-0.05, 0.1)
    items = []
    for doc in range(rng.choice([2, 9, 60, 400])):
        for subject in range(subjects):
            base = float(rng.random() < 0.6) if binary else rng.uniform(0, 1)
            if binary:
                flip = rng.random() < changing + (drop if base else -drop)
                candidate = 1 - base if flip else base
            else:
                candidate = base - drop + rng.gauss(0, 0.1)
            items.append((f"s{subject}", doc, base, candidate, f"p{doc // 3}"))
    paths = [work / ("base.jsonl" + rng.choice(["", ".gz"])), work / "candidate.jsonl"]
    for path, place in zip(paths, (2, 3)):
        write(path, [{"doc_id": i[1], "task": i[0], "filter": "none", "doc_hash": str(i[1]), "acc": i[place],
                      "doc": {"passage": i[4], "text": "é\n\"" * 3}} for i in items], rng)
    return items, paths


def compare(paths, *options):
    done = subprocess.run([TOOL, "compare", *paths, "-o", "json", *options], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{paths}: {done.stderr}")
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError as error:
        sys.exit(f"{paths}: {error}: {done.stdout}")


def check_binary(got, base, candidate, alpha, where):
    losses, wins = int(sum(base > candidate)), int(sum(base < candidate))
    check("losses", got["losses"], losses, where)
    check("wins", got["wins"], wins, where)
    p = stats.binom.sf(losses - 1, losses + wins, 0.5) if losses else 1
    check("McNemar p", got["p"], p, where)
    if losses > wins:  # the two-sided one of statsmodels is twice ours
        table = [[0, losses], [wins, 0]]
        check("McNemar p, statsmodels", min(1, 2 * got["p"]), mcnemar(table, exact=True).pvalue, where)
    z = mpmath.mpf(stats.norm.isf(alpha))
    for end, sign in ((0, 1), (1, -1)):
        check("Tango interval", got["interval"][end], tango_end(len(base), losses, wins, sign * z), where)


def check_continuous(got, base, candidate, alpha, where):
    test = stats.ttest_rel(candidate, base, alternative="less")
    interval = stats.ttest_rel(candidate, base).confidence_interval(1 - 2 * alpha)
    check("paired t p", got["p"], test.pvalue, where)
    check("paired t interval", got["interval"][0], interval.low, where)
    check("paired t interval", got["interval"][1], interval.high, where)


def check_subjects(got, items, alpha, binary, where):
    subjects = got.get("subjects", {})
    names = sorted(subjects)
    for direction in ("pass", "regress"):
        p = [min(1, subjects[n]["p_" + direction]) for n in names]
        rejected = multipletests(p, alpha, "holm")[0] if p else []
        for name, expected in zip(names, rejected):
            end = subjects[name]["corrected_interval"][direction == "regress"]
            mine = end < -got["margin"] if direction == "regress" else end >= -got["margin"]
            if mine != expected:
                sys.exit(f"Holm, {direction} of {name}: {mine} against {expected} ({where})")
    if not subjects:
        return
    effects, variances = [], []
    for name in names:
        gaps = numpy.array([i[3] - i[2] for i in items if i[0] == name])
        n = len(gaps)
        loss, win = (sum(gaps < 0) + 0.5) / (n + 1), (sum(gaps > 0) + 0.5) / (n + 1)
        effects.append(gaps.mean())
        variances.append((loss + win - (win - loss) ** 2) / n if binary else gaps.var(ddof=1) / n)
    combined = combine_effects(numpy.array(effects), numpy.array(variances), method_re="dl")
    between = max(0, combined.tau2)
    check("DerSimonian-Laird", got["shrinkage"]["deviation_between"] ** 2, between, where)
    weights = 1 / (numpy.array(variances) + between)
    check("mean effect", got["shrinkage"]["mean"], (weights * effects).sum() / weights.sum(), where)


def run(number, seed, work):
    rng = random.Random(seed * 100003 + number)
    binary = number % 2 == 0
    alpha = rng.choice([0.05, 0.01, 0.1])
    items, paths = make(rng, work, binary)
    base, candidate = (numpy.array([i[k] for i in items]) for k in (2, 3))
    where = f"comparison {number}, seed {seed}"
    options = ("--alpha", str(alpha), "--margin", "0.02", "--sequential")
    got = compare(paths, *options)
    check("difference", got["difference"], (candidate - base).mean(), where)
    (check_binary if binary else check_continuous)(got, base, candidate, alpha, where)
    check_subjects(got, items, alpha, binary, where)
    clusters = sorted({i[4] for i in items})
    if len(clusters) > 1:
        wide = compare(paths, *options, "--cluster", "doc.passage")
        places = [clusters.index(i[4]) for i in items]
        model = statsmodels.api.OLS(candidate - base, numpy.ones(len(items)))
        error = model.fit(cov_type="cluster", cov_kwds={"groups": places}).bse[0]
        check("cluster-robust error", wide["clusters"]["standard_error"], error, where)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as work:
        for number in range(count):
            run(number, seed, Path(work))
    for what, gap in worst.items():
        print(json.dumps({"parity": "compare", "what": what, "worst": gap, "comparisons": count}))


main()
