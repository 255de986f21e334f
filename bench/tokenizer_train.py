#!/usr/bin/env python3
"""train-tokenizer against Hugging Face's BpeTrainer in the same run, interleaved: the same corpus, settings and split,
both with two threads; the figure of each side is its median over rounds. The merges of both must be equal. The corpus is
what text lies in shared/data, and then the same again with long words' letters shuffled in one word of fourteen, so that
distinct words keep coming as they do in a real corpus. JSON lines.

ORCH_BENCH_TRAIN_MB (default 100), ORCH_BENCH_TRAIN_ROUNDS (default 5)."""
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BIN = pathlib.Path(os.environ.get("ORCH_BIN_DIR", ROOT / "build/bin"))
PYTHON = pathlib.Path(os.environ.get("ORCH_PREFIX", ROOT / ".orch")) / "parity/bin/python"
DATA = pathlib.Path(os.environ.get("ORCH_SHARED_DATA", ROOT.parent / "shared/data"))
SIZE = int(os.environ.get("ORCH_BENCH_TRAIN_MB", "100")) * 1_000_000
ROUNDS = int(os.environ.get("ORCH_BENCH_TRAIN_ROUNDS", "5"))
VOCABULARY = 32000
SPECIAL = "<|endoftext|>"
TIMED = ["/usr/bin/env", sys.executable, "-c", """
import json, resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"seconds": time.monotonic() - begin, "peak_mb": usage.ru_maxrss / 1024, "code": code}))
"""]
ORACLE = """
import json, sys, time
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
corpus, ours, vocabulary, special = sys.argv[1:5]
pattern = json.load(open(ours))["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.Split(Regex(pattern), "isolated"),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
trainer = trainers.BpeTrainer(vocab_size=int(vocabulary), min_frequency=2, special_tokens=[special],
    show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
texts = [json.loads(line)["text"] for line in open(corpus)]
begin = time.monotonic()
tokenizer.train_from_iterator(texts, trainer)
seconds = time.monotonic() - begin
theirs, mine = json.loads(tokenizer.to_str())["model"], json.load(open(ours))["model"]
same = theirs["vocab"] == mine["vocab"] and list(map(list, theirs["merges"])) == mine["merges"]
print(json.dumps({"seconds": seconds, "same": same}))
"""


def documents():
    texts = []
    for path in sorted(DATA.rglob("*")):
        if not path.is_file() or "tokenizers" in path.parts or path.stat().st_size < 2000:
            continue
        try:
            text = path.read_text("utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        texts += [text[i : i + 4000] for i in range(0, len(text), 4000)]
    return texts


def varied(rng, text):
    def shuffled(match):
        word = match.group(0)
        return word if rng.random() < 0.93 else "".join(rng.sample(word, len(word)))

    return re.sub(r"[a-z]{6,}", shuffled, text)


def write_corpus(path):
    rng, texts = random.Random(7), documents()
    written = 0
    with open(path, "w", encoding="utf-8") as out:
        for turn in range(100):
            for text in texts:
                text = varied(rng, text) if turn else text
                out.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
                written += len(text.encode())
                if written >= SIZE:
                    return written
    return written


def main():
    if not DATA.is_dir():
        print(f"no {DATA}: nothing to train on", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        corpus, out = pathlib.Path(folder, "corpus.jsonl"), pathlib.Path(folder, "out")
        size = write_corpus(corpus)
        command = [BIN / "orch-tool", "train-tokenizer", "--vocabulary", VOCABULARY, "--min-frequency", 2]
        command += ["--special-tokens", SPECIAL, "--threads", 2, "--output", out, corpus]
        ours, theirs, peak, same = [], [], 0, True
        for _ in range(ROUNDS):
            run = subprocess.run([*TIMED, *map(str, command)], check=True, capture_output=True, text=True)
            line = json.loads(run.stdout)
            if line["code"] != 0:
                print(run.stderr, file=sys.stderr)
                return 1
            ours.append(line["seconds"])
            peak = max(peak, line["peak_mb"])
            if PYTHON.exists():
                arguments = [corpus, out / "tokenizer.json", VOCABULARY, SPECIAL]
                run = subprocess.run([PYTHON, "-c", ORACLE, *map(str, arguments)], check=True, capture_output=True, text=True)
                line = json.loads(run.stdout)
                theirs.append(line["seconds"])
                same = same and line["same"]
        result = {"bench": "tokenizer", "row": "train", "bytes": size, "vocabulary": VOCABULARY, "threads": 2}
        result |= {"rounds": ROUNDS, "seconds": round(statistics.median(ours), 2), "peak_mb": round(peak)}
        if theirs:
            oracle = statistics.median(theirs)
            result |= {"oracle_seconds": round(oracle, 2), "ratio": round(oracle / statistics.median(ours), 2)}
            result["same_merges"] = same
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
