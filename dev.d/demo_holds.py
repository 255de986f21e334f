"""Does the demo's finding hold? Reads `orchctl report forgetting-demo -o json` from standard input.

Exit code 0 only if 19:1 forgets general knowledge, 4:1 does not, both learned medicine, and instruction tuning made
the model answer questions that it was never asked.
"""
import json
import sys


def accuracy(row, suite, metric="acc"):
    found = [value for key, value in row["results"].get(suite, {}).items() if key.startswith(metric + ",")]
    return found[0] if found else float("nan")


def main():
    rows = {row["task"]: row for row in json.load(sys.stdin)["evaluations"]}
    base, many, few = rows["eval-base"], rows["eval-19to1"], rows["eval-4to1"]
    verdict = {name: rows[name]["verdicts"]["synthmmlu"]["verdict"] for name in ("eval-19to1", "eval-4to1")}
    before, after = (accuracy(rows[name], "unseen", "exact_match") for name in ("eval-4to1", "eval-instruct"))
    claims = [
        (f"19:1 on general knowledge: {verdict['eval-19to1']}, regress is expected", verdict["eval-19to1"] == "regress"),
        (f"4:1 on general knowledge: {verdict['eval-4to1']}, pass is expected", verdict["eval-4to1"] == "pass"),
        ("19:1 learned medicine", accuracy(many, "synthmedqa") > accuracy(base, "synthmedqa")),
        ("4:1 learned medicine", accuracy(few, "synthmedqa") > accuracy(base, "synthmedqa")),
        ("instruct answers questions never asked", after > before),
    ]
    broken = [text for text, holds in claims if not holds]
    for text in broken:
        print(f"error: the demo's finding does not hold: {text}", file=sys.stderr)
    return 1 if broken else 0


sys.exit(main())
