"""Live parity of `orch-tool score` with the field's packages, on fuzzed and real text in six languages.

    python score_metrics.py [ITEMS [SETS]]      default: 6000 items for metrics of one item, 60 sets for those of a set

$ORCH_PARITY=full asks for 100000 and 200, $ORCH_SEED for other ones. Needs jieba's dictionary (./dev setup),
mecab-ipadic-utf8, and NLTK's English model as --punkt takes it, in ../shared/data/punkt_english or $ORCH_PUNKT;
languages whose resource is missing are skipped, aloud; so is real text without ../shared/data.
"""
import gc
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))
import score_peers as peers  # noqa: E402
from sacrebleu.metrics import CHRF  # noqa: E402

TOOL = os.path.join(os.environ.get("ORCH_BIN_DIR", str(peers.ROOT / "build/bin")), "orch-tool")
TOLERANCE = 1e-12
BATCH = 500
warnings.simplefilter("ignore", UserWarning)  # seqeval's, of tags that are none


class Score:
    """Runs the tool over rows; values per item and over the set."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "rows.jsonl"

    def __call__(self, rows, metrics, *options):
        with open(self.path, "w", encoding="utf-8") as file:
            for number, row in enumerate(rows):
                file.write(json.dumps({"id": number, **row}) + "\n")
        command = [TOOL, "score", "--per-item", "--metrics", ",".join(metrics), *options, str(self.path)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        if done.returncode != 0:
            sys.exit("orch-tool score: " + done.stderr)
        lines = [json.loads(line) for line in done.stdout.split("\n") if line]
        return lines[:-1], lines[-1]


class Checks:
    def __init__(self):
        self.worst, self.count = {}, {}

    def same(self, name, ours, theirs, what):
        off = abs(ours - theirs)
        self.count[name] = self.count.get(name, 0) + 1
        self.worst[name] = max(self.worst.get(name, 0), off)
        if not off <= TOLERANCE:
            sys.exit("%s: %r here, %r there: %r" % (name, ours, theirs, what))

    def all(self, ours, theirs, what):
        for name, value in theirs.items():
            if isinstance(value, str):
                if ours[name] != value:
                    sys.exit("%s: %s here, %s there" % (name, ours[name], value))
            else:
                self.same(name, ours[name], value, what)

    def report(self):
        for name in sorted(self.count):
            print("%-26s %8d values, largest difference %.1e" % (name, self.count[name], self.worst[name]))


def make_row(rng, language):
    """One in four real; in Japanese without NUL, at which the package ends a text."""
    real = peers.real_pair(rng, language) if rng.random() < 0.25 else None
    if real:
        prediction, references = real[0], [real[1]]
    else:
        references = [peers.text(rng, language) for _ in range(1 if rng.random() < 0.8 else 2)]
        prediction = peers.damaged(rng, references[0], language)
    if language == "ja":
        prediction, references = prediction.replace("\x00", ""), [r.replace("\x00", "") for r in references]
    return {"prediction": prediction, "references": references}


def check_texts(score, checks, rng, language, items):
    names = ["bleu1_nltk", "bleu4_nltk", "chrf_sacrebleu"] + ["rouge%s_pltrdy" % k for k in "12L"]
    names += [k + "_google" for k in peers.KINDS] + [k + "_google_stem" for k in peers.KINDS]
    cut, chrf = peers.word_cutter(language), CHRF()
    for begin in range(0, items, BATCH):
        rows = [make_row(rng, language) for _ in range(min(BATCH, items - begin))]
        values, _ = score(rows, names, "--language", language, "--punkt", peers.PUNKT)
        for row, item in zip(rows, values):
            prediction, several = row["prediction"], row["references"]
            theirs = dict(zip(("bleu1_nltk", "bleu4_nltk"), peers.bleu_nltk(cut, prediction, several)))
            three = peers.rouge_pltrdy(cut, prediction, several, language)
            theirs.update(("rouge%s_pltrdy" % k, value) for k, value in zip("12L", three))
            theirs.update(peers.rouge_google(prediction, several))
            theirs["chrf_sacrebleu"] = chrf.sentence_score(prediction, several).score
            checks.all(item, theirs, row)
        gc.collect()  # the tables of PyPI's rouge lie in cycles of references, gigabytes of them


def check_sets(score, checks, rng, sets):
    for _ in range(sets):
        language = rng.choice(list(peers.WORDS))
        tokenizer = rng.choice(["13a", "zh", "char", "intl", "none"] + (["ja-mecab"] if language == "ja" else []))
        rows = [make_row(rng, language) for _ in range(rng.randrange(1, 30))]
        rows *= 40 if rng.random() < 0.04 else 1
        seed = rng.randrange(2**32)
        asked = ["bleu_sacrebleu", "chrf_sacrebleu"] + [k + "_hf" for k in peers.KINDS]
        items, ours = score(rows, asked, "--tokenize", tokenizer, "--seed", str(seed))
        predictions, references = [r["prediction"] for r in rows], [r["references"] for r in rows]
        checks.all(ours, peers.sacrebleu_corpus(predictions, references, tokenizer), (tokenizer, rows))
        checks.all(ours, peers.rouge_hf(predictions, references, seed), seed)
        single = peers.sacrebleu_metric(tokenizer, True)
        for row, item in zip(rows, items):
            theirs = single.sentence_score(row["prediction"], row["references"]).score
            checks.same("bleu_sacrebleu of one item", item["bleu_sacrebleu"], theirs, (tokenizer, row))


def check_labels(score, checks, rng, sets):
    for _ in range(sets):
        labels = ["yes", "no", "maybe", "日本", "D", ""][: rng.randrange(2, 7)]
        gold = [rng.choice(labels) for _ in range(rng.randrange(1, 80))]
        guess = [rng.choice(labels + ["missing"]) if rng.random() < 0.5 else g for g in gold]
        theirs = peers.label_values(gold, guess)
        _, ours = score([{"prediction": p, "references": [g]} for p, g in zip(guess, gold)], list(theirs))
        checks.all(ours, theirs, (gold, guess))

        columns = ["L%d" % k for k in range(rng.randrange(2, 8))]
        many = [rng.sample(columns, rng.randrange(len(columns) + 1)) for _ in range(rng.randrange(1, 40))]
        guesses = [rng.sample(columns, rng.randrange(len(columns) + 1)) for _ in many]
        theirs = peers.multilabel_values(columns, many, guesses)
        rows = [{"prediction": p, "references": [g], "choices": columns} for p, g in zip(guesses, many)]
        _, ours = score(rows, list(theirs))
        checks.all(ours, theirs, rows)

        gold, guess = peers.tag_lists(rng)
        if any(gold):
            theirs = peers.seqeval_values(gold, guess)
            _, ours = score([{"prediction": p, "references": [g]} for p, g in zip(guess, gold)], list(theirs))
            checks.all(ours, theirs, (gold, guess))


def check_stems(score, checks, rng, items):
    """A stem shows where it is so short that it is left alone: as the reference of its word."""
    words = peers.stem_words(rng, items)
    pairs = [(word, peers.stem(word)) for word in words if len(word) > 3]
    rows = [{"prediction": word, "references": [stem]} for word, stem in pairs if len(stem) <= 3]
    values, _ = score(rows, ["rouge1_google_stem"])
    for row, item in zip(rows, values):
        checks.same("porter", item["rouge1_google_stem"], 1.0, row)


def main():
    full = os.environ.get("ORCH_PARITY") == "full"
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 100000 if full else 6000
    sets = int(sys.argv[2]) if len(sys.argv) > 2 else 200 if full else 60
    rng, checks = random.Random(int(os.environ.get("ORCH_SEED", "5"))), Checks()
    if not any(peers.real_texts().values()):
        print("skipped: real text, nothing in %s" % peers.SHARED)
    with tempfile.TemporaryDirectory() as folder:
        score = Score(folder)
        check_labels(score, checks, rng, sets)
        check_sets(score, checks, rng, sets)
        check_stems(score, checks, rng, items)
        for language in peers.WORDS:
            if language in peers.SPACED and not os.path.isdir(peers.PUNKT):
                print("skipped: %s, no sentence model in %s" % (language, peers.PUNKT))
                continue
            check_texts(score, checks, rng, language, -(-items // len(peers.WORDS)))
    checks.report()


if __name__ == "__main__":
    main()
