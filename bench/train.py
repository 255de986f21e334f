#!/usr/bin/env python3
"""Training tokens/s of `orch-tool run` in its default mode (same bits on any rank count, ledger, metrics and background
checkpoints on, 2 ranks of one thread) against PyTorch eager on the same weights, batch, precision and cores, PyTorch at
its better of 1 and 2 threads. Interleaved rounds; the figure of each side is its median over rounds. JSON lines."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BIN = pathlib.Path(os.environ.get("ORCH_BIN_DIR", ROOT / "build/bin"))
PYTHON = pathlib.Path(os.environ.get("ORCH_PREFIX", ROOT / ".orch")) / "parity/bin/python"
ROUNDS = int(os.environ.get("ORCH_BENCH_ROUNDS", "5"))

SPEC = """version: 1
name: bench-train
vars: {{steps: 2}}
tasks:
  world:
    command: {{argv: [synthmed, --seed, "1", --editions, "16"]}}
  data:
    prepare:
      tokenizer: {{train: {{vocabulary: 2048, special_tokens: ["<|end_of_text|>"], files: ["@world/tokenizer.jsonl"]}}}}
      sources: {{general: {{files: ["@world/general.jsonl"]}}}}
  base:
    pretrain:
      data: "@data"
      mixture: {{general: 1}}
      model: {{hidden_size: {hidden}, intermediate_size: {inner}, num_hidden_layers: {layers},
              num_attention_heads: {heads}, initializer_range: 0.05}}
      steps: ${{steps}}
      batch_windows: {windows}
      window: {length}
      shards: {shards}
      optimizer: {{lr: 2.0e-3}}
      checkpoints: {{every: 1000}}
"""
CASES = [
    {"name": "demo", "hidden": 192, "inner": 512, "layers": 2, "heads": 6, "windows": 4, "length": 256, "shards": 4,
     "steps": 150},
    {"name": "larger", "hidden": 512, "inner": 1408, "layers": 4, "heads": 8, "windows": 8, "length": 256, "shards": 4,
     "steps": 12},
]


def orch(spec, output, steps, ranks, *extra):
    done = subprocess.run(
        [BIN / "orch-tool", "run", "--spec", spec, "--output", output, "--set", f"steps={steps}", "--ranks", str(ranks),
         *extra], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"orch-tool: {done.stderr}")


def orch_round(case, folder, spec, number, ranks):
    """Median seconds a step, from the times in metrics.jsonl, the first fifth left out."""
    output = folder / f"run-{case['name']}-{ranks}-{number}"
    output.mkdir()
    for part in ("world", "data"):  # prepared once
        os.symlink(folder / case["name"] / part, output / part)
        os.makedirs(output / ".orch" / part)
        os.symlink(folder / case["name"] / ".orch" / part / "done", output / ".orch" / part / "done")
    orch(spec, output, case["steps"], ranks, "--task", "base", "--resume")
    times = []
    with open(output / "base/metrics.jsonl") as file:
        for line in file:
            point = json.loads(line)
            if point["series"] == "loss":
                times.append(point["time"])
    seconds = [(b - a) / 1e6 for a, b in zip(times, times[1:])][len(times) // 5:]
    return statistics.median(seconds), statistics.mean(seconds)


def torch_round(case, model, threads):
    done = subprocess.run(
        [PYTHON, HERE / "train_pytorch.py", "--model", model, "--threads", str(threads), "--steps", str(case["steps"]),
         "--windows", str(case["windows"]), "--length", str(case["length"])], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("train_pytorch.py failed")
    answer = json.loads(done.stdout)
    return answer["median"], answer["mean"], answer["torch"]


def run_case(case, folder):
    spec = folder / f"{case['name']}.yaml"
    spec.write_text(SPEC.format(**case))
    orch(spec, folder / case["name"], 2, 1, "--task", "base")
    model = folder / case["name"] / "base/step-000002"
    tokens = case["windows"] * case["length"]
    cores = len(os.sched_getaffinity(0))
    ranks = min(2, cores)
    ours, theirs, version = [], {}, None
    for number in range(ROUNDS):
        ours.append(tokens / orch_round(case, folder, spec, number, ranks)[0])
        if PYTHON.exists():
            for threads in sorted({1, min(2, cores)}):
                median, _, version = torch_round(case, model, threads)
                theirs.setdefault(threads, []).append(tokens / median)
    best = max(theirs, key=lambda t: statistics.median(theirs[t])) if theirs else None
    mine = statistics.median(ours)
    line = {"bench": "train", "case": case["name"], "rounds": ROUNDS, "ranks": ranks, "threads": 1,
            "mode": "same bits, ledger on", "tokens_per_second": round(mine), "of_rounds": [round(x) for x in ours]}
    if best:
        rival = statistics.median(theirs[best])
        line |= {"pytorch": version, "pytorch_threads": best, "pytorch_tokens_per_second": round(rival),
                 "pytorch_of_rounds": {str(t): [round(x) for x in v] for t, v in theirs.items()},
                 "ratio": round(mine / rival, 3)}
    else:
        line["pytorch"] = None
        print("no PyTorch to compare with; try: ./dev parity", file=sys.stderr)
    print(json.dumps(line), flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="orch-bench-") as name:
        for case in CASES:
            run_case(case, pathlib.Path(name))


main()
