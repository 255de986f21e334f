#!/usr/bin/env python3
"""The demo's finding over seeds that were not used to choose its recipe, with a control on general text alone.

Runs examples/forgetting_demo.yaml by `orch-tool run`, two seeds side by side, and prints one JSON line a seed and a
summary. Options: --seeds 101,102,… --controls N --parallel N --keep DIR --set name=value …
"""
import argparse
import concurrent.futures
import glob
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = os.path.join(os.environ.get("ORCH_BIN_DIR", str(ROOT / "build/bin")), "orch-tool")
SEEDS = ",".join(str(seed) for seed in range(901, 911))


def run(spec, output, settings):
    command = [TOOL, "run", "--spec", str(ROOT / spec), "--ranks", "1", "--output", str(output)]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        raise RuntimeError("%s: exit %d: %s" % (" ".join(command), done.returncode, done.stderr[-2000:]))


def accuracies(folder):
    results = json.loads((folder / "results.json").read_text())["results"]
    return {name: value.get("acc,none", value.get("exact_match,none")) for name, value in results.items()}


def verdict(folder):
    return json.loads((folder / "verdicts.json").read_text())["suites"]["synthmmlu"]


def run_control(folder, settings):
    steps = sorted(glob.glob(str(folder / "base/step-*")))
    if not steps:
        raise RuntimeError("%s: no checkpoint" % (folder / "base"))
    places = {"world": folder / "world", "data": folder / "data", "base": steps[-1], "eval_base": folder / "eval-base"}
    control = ["%s=%s" % place for place in places.items()] + [s for s in settings if s.startswith(("seed=", "branch_"))]
    run("bench/demo_control.yaml", folder / "control", control)


def measure(seed, folder, settings, with_control):
    begin = time.monotonic()
    settings = ["seed=%d" % seed] + settings
    run("examples/forgetting_demo.yaml", folder, settings)
    seconds = time.monotonic() - begin
    if with_control:
        run_control(folder, settings)
    out = {"bench": "demo_seeds", "seed": seed, "seconds": round(seconds, 1)}
    rows = [("base", "eval-base"), ("19to1", "eval-19to1"), ("4to1", "eval-4to1")]
    checks = [("19to1", "check-19to1"), ("4to1", "check-4to1")]
    if with_control:
        rows.append(("control", "control/eval-control"))
        checks.append(("control", "control/check-control"))
    for name, where in rows:
        values = accuracies(folder / where)
        out[name] = {"general": round(values["synthmmlu"], 4), "medical": round(values["synthmedqa"], 4)}
    for name, where in checks:
        found = verdict(folder / where)
        out[name].update({key: found[key] for key in ("verdict", "difference", "interval")})
    out["exact_match"] = {
        "before": accuracies(folder / "eval-4to1")["unseen"],
        "after": accuracies(folder / "eval-instruct")["unseen"],
    }
    floor = out["base"]["medical"]
    out["as_expected"] = (
        out["19to1"]["verdict"] == "regress"
        and out["4to1"]["verdict"] == "pass"
        and min(out["19to1"]["medical"], out["4to1"]["medical"]) > floor
    )
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default=SEEDS)
    parser.add_argument("--controls", type=int, help="only for the first N seeds (default: for all)")
    parser.add_argument("--parallel", type=int, default=max(1, os.cpu_count() or 1))
    parser.add_argument("--keep", help="keep everything in this folder")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    good = failed = 0
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        top = pathlib.Path(options.keep or temporary).resolve()
        controls = len(seeds) if options.controls is None else options.controls
        waiting = {
            pool.submit(measure, seed, top / str(seed), options.set, number < controls): seed
            for number, seed in enumerate(seeds)
        }
        for done in concurrent.futures.as_completed(waiting):
            try:
                line = done.result()
                good += line["as_expected"]
                print(json.dumps(line), flush=True)
            except RuntimeError as error:
                failed += 1
                print("seed %d: %s" % (waiting[done], error), file=sys.stderr)
    print(json.dumps({"bench": "demo_seeds", "seeds": len(seeds), "as_expected": good, "failed": failed}))
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
