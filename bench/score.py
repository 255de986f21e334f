#!/usr/bin/env python3
"""Speed of `orch-tool score` against the Python packages, in one run, interleaved: BLEU-1 and ROUGE-1/2/L of each kind.

10,000 pairs of 200 words for the tool, one process of one thread, its start included; a part of the same pairs for
each package and round, for they take minutes. One JSON line a metric: medians over the rounds, in pairs a second.
"""
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PREFIX = pathlib.Path(os.environ.get("ORCH_PREFIX", ROOT / ".orch"))
TOOL = os.path.join(os.environ.get("ORCH_BIN_DIR", str(ROOT / "build/bin")), "orch-tool")
PUNKT = os.environ.get("ORCH_PUNKT", str(ROOT.parent / "shared/data/punkt_english"))
PEERS = PREFIX / "parity/bin/python"
ROUNDS, PAIRS, SLICE = 5, 10000, 40


def sentence(rng, vocabulary):
    return " ".join(rng.choices(vocabulary, k=rng.randrange(8, 20))).capitalize() + rng.choice([".", ".", "?", ", e.g."])


def make_text(rng, vocabulary):
    words = []
    while len(words) < 200:
        words += sentence(rng, vocabulary).split()
    return " ".join(words[:200])


def make_pairs():
    rng = random.Random(3)
    letters = "etaoinshrdlucmfwypvbgk"
    vocabulary = ["".join(rng.choices(letters, k=rng.randrange(2, 10))) for _ in range(3000)]
    vocabulary += ["the", "of", "and", "patient", "don't", "3.5", "treatment"] * 60
    pairs = []
    for _ in range(PAIRS):
        reference = make_text(rng, vocabulary)
        prediction = [w if rng.random() < 0.6 else rng.choice(vocabulary) for w in reference.split()]
        pairs.append((" ".join(prediction), reference))
    return pairs


def peers():
    """Package and what it computes on one pair."""
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktSentenceTokenizer, load_punkt_params
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge import Rouge
    from rouge_score import rouge_scorer

    out = {}
    if os.path.isdir(PUNKT):
        punkt, words, smoothing = PunktSentenceTokenizer(), NLTKWordTokenizer(), SmoothingFunction().method1
        punkt._params = load_punkt_params(PUNKT)

        def bleu(prediction, reference):
            cut = [[w for s in punkt.tokenize(t) for w in words.tokenize(s)] for t in (reference, prediction)]
            return sentence_bleu([cut[0]], cut[1], weights=(1, 0, 0, 0), smoothing_function=smoothing)

        out["bleu1_nltk"] = bleu
    google = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
    stemmed = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    out["rouge1_google,rouge2_google,rougeL_google"] = lambda p, r: google.score(r, p)
    out["rouge1_google_stem,rouge2_google_stem,rougeL_google_stem"] = lambda p, r: stemmed.score(r, p)
    out["rouge1_pltrdy,rouge2_pltrdy,rougeL_pltrdy"] = lambda p, r: Rouge().get_scores(p, r)
    return out


def main():
    if pathlib.Path(sys.executable) != PEERS and PEERS.exists():
        os.execv(PEERS, [str(PEERS), __file__])
    sys.setrecursionlimit(10000)
    pairs, functions = make_pairs(), peers()
    ours = {name: [] for name in [*functions, ",".join(functions)]}
    theirs = {name: [] for name in functions}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pairs.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for number, (prediction, reference) in enumerate(pairs):
                file.write(json.dumps({"id": number, "prediction": prediction, "references": [reference]}) + "\n")
        for turn in range(ROUNDS):
            part = pairs[turn * SLICE : (turn + 1) * SLICE]
            for names in ours:
                start = time.perf_counter()
                command = [TOOL, "score", "--metrics", names, path]
                command += ["--punkt", PUNKT] if os.path.isdir(PUNKT) else []
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                ours[names].append(PAIRS / (time.perf_counter() - start))
                if names in theirs:
                    start = time.perf_counter()
                    for prediction, reference in part:
                        functions[names](prediction, reference)
                    theirs[names].append(len(part) / (time.perf_counter() - start))
    for names in functions:
        report(names, statistics.median(ours[names]), statistics.median(theirs[names]))
    together = 1 / sum(1 / statistics.median(rates) for rates in theirs.values())
    report("all", statistics.median(ours[",".join(functions)]), together)


def report(names, mine, peer):
    line = {"bench": "score", "metrics": names, "pairs": PAIRS, "words": 200, "rounds": ROUNDS}
    line.update({"orch_pairs_per_s": round(mine, 1), "python_pairs_per_s": round(peer, 2), "ratio": round(mine / peer, 1)})
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
