"""Live parity of `orch-tool score` with the field's packages, on fuzzed and real text in six languages.

    python score_metrics.py [CASES [SETS]]      default: 3000 items a language for per-item metrics, 60 sets

Needs jieba's dictionary (./dev setup), mecab-ipadic-utf8, and NLTK's English model: --punkt's layout, in
../shared/data/punkt_english or $ORCH_PUNKT; languages whose resource is missing are skipped, aloud.
"""
import json
import logging
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import evaluate.utils  # noqa: F401  (the aggregator below is what evaluate's rouge calls)
import jieba
import numpy
import sklearn.metrics
from nltk.stem.porter import PorterStemmer
from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.punkt import PunktSentenceTokenizer, load_punkt_params
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge import Rouge
from rouge_score import rouge_scorer, scoring
from sacrebleu.metrics import BLEU, CHRF
from seqeval import metrics as seqeval_metrics
from sklearn.preprocessing import MultiLabelBinarizer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = os.path.join(os.environ.get("ORCH_BIN_DIR", str(ROOT / "build/bin")), "orch-tool")
PUNKT = os.environ.get("ORCH_PUNKT", str(ROOT.parent / "shared/data/punkt_english"))
TOLERANCE = 1e-12
jieba.setLogLevel(logging.ERROR)
logging.getLogger("sacrebleu").setLevel(logging.ERROR)
sys.setrecursionlimit(100000)

WORDS = {
    "en": "The patient cannot tolerate aspirin; Dr. Smith's 3.5 mg dose (e.g. twice-daily) didn't help. U.S. guidelines, "
    'however, recommend "bed rest" -- isn\'t it? Flies\ndied, generalizations relational hopping agreed skies 1,000 No.',
    "fr": "L'hépatite aiguë n'est pas « bénigne » : p. ex. 3,5 % des patients. Où est-elle traitée ? Aujourd'hui",
    "es": "¿Cuál es el tratamiento? El niño recibió 2,5 mg/día; ¡no mejoró! La señora García dijo “sí”.",
    "ru": "Пациент получал 5 мг препарата. Однако лечение «не помогло»: т.е. боль сохранялась! ΑΣ İstanbul",
    "zh": "患者出现发热、咳嗽3天，体温38.5℃。诊断为肺炎，给予青霉素治疗。T恤 AT&T 乒乓球拍卖完了 结婚的和尚未结婚的",
    "ja": "患者は発熱と咳嗽を訴えた。体温は38.5度で、肺炎と診断された。すもももももももものうち 東京都に住む",
}
NOISE = list(" \n\t.,;:!?'\"`()[]<>*-_@#%&«»“”‘’\u00a0\u3000\x00\x85…") + [" ", " ", " ", "''", "``", "...", ". .", "--", "&quot;"]
NOISE += ["<skipped>", "-\n", "\n", "\r\n", "²", "٣", "ſ", "K", "😀", "漢字", "かな", "Σ", "a", "B", "1", "2.5", "𠀀", "⺀", "\u2f81"]


def text(rng, language):
    """Empty, only punctuation, mixed scripts, or a damaged piece of a language."""
    kind = rng.random()
    if kind < 0.03:
        return ""
    if kind < 0.15:
        return "".join(rng.choice(NOISE) for _ in range(rng.randrange(1, 30)))
    source = WORDS[language if kind < 0.85 else rng.choice(list(WORDS))]
    if language in ("zh", "ja") and kind < 0.85:
        pieces = list(source)
        joint = ""
    else:
        pieces = source.split(" ")
        joint = " "
    chosen = [rng.choice(pieces) for _ in range(rng.randrange(1, 40))]
    for _ in range(rng.randrange(4)):
        chosen.insert(rng.randrange(len(chosen) + 1), rng.choice(NOISE))
    return joint.join(chosen)


def damaged(rng, reference, language):
    """A prediction that shares much with its reference."""
    if rng.random() < 0.2:
        return text(rng, language)
    letters = list(reference)
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(letters) + 1)
        if rng.random() < 0.5:
            letters[at : at + rng.randrange(12)] = []
        else:
            letters.insert(at, rng.choice(NOISE))
    return "".join(letters)


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

    def report(self):
        for name in sorted(self.count):
            print("%-24s %8d values, largest difference %.1e" % (name, self.count[name], self.worst[name]))


def word_cutter(language):
    if language == "zh":
        return lambda s: list(jieba.cut(s))
    if language == "ja":
        import MeCab
        dictionary = next(d for d in ("/var/lib/mecab/dic/ipadic-utf8", "/var/lib/mecab/dic/debian") if os.path.isdir(d))
        tagger = MeCab.Tagger("-r /dev/null -d " + dictionary)

        def cut(s):
            node, out = tagger.parseToNode(s), []
            while node:
                if node.stat not in (2, 3):
                    out.append(node.surface)
                node = node.next
            return out

        return cut
    punkt = PunktSentenceTokenizer()
    punkt._params = load_punkt_params(PUNKT)
    words = NLTKWordTokenizer()
    return lambda s: [w for sentence in punkt.tokenize(s) for w in words.tokenize(sentence)]


def pltrdy(prediction, reference):
    try:
        scores = Rouge().get_scores(prediction, reference)[0]
    except ValueError:
        return 0.0, 0.0, 0.0
    return tuple(scores[k]["f"] for k in ("rouge-1", "rouge-2", "rouge-l"))


def check_texts(score, checks, rng, language, cases):
    clean = (lambda s: s.replace("\x00", "")) if language == "ja" else (lambda s: s)
    rows, references = [], []
    for _ in range(cases):
        several = [clean(text(rng, language)) for _ in range(1 if rng.random() < 0.8 else 2)]
        references.append(several)
        rows.append({"prediction": clean(damaged(rng, several[0], language)), "references": several})
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    names = ["bleu1_nltk", "bleu4_nltk", "chrf_sacrebleu"] + ["rouge%s_pltrdy" % k for k in "12L"]
    names += [k + "_google" for k in kinds] + [k + "_google_stem" for k in kinds]
    items, _ = score(rows, names, "--language", language, "--punkt", PUNKT)
    cut, smoothing = word_cutter(language), SmoothingFunction().method1
    plain, stemmed, chrf = rouge_scorer.RougeScorer(kinds), rouge_scorer.RougeScorer(kinds, use_stemmer=True), CHRF()
    for row, item in zip(rows, items):
        prediction, several = row["prediction"], row["references"]
        words, reference_words = cut(prediction), [cut(r) for r in several]
        one = sentence_bleu(reference_words, words, weights=(1, 0, 0, 0), smoothing_function=smoothing)
        four = sentence_bleu(reference_words, words, smoothing_function=smoothing)
        checks.same("bleu1_nltk", item["bleu1_nltk"], one, row)
        checks.same("bleu4_nltk", item["bleu4_nltk"], four, row)
        spaced = (lambda s, w: " ".join(w)) if language in ("zh", "ja") else (lambda s, w: s)
        three = [pltrdy(spaced(prediction, words), spaced(r, w)) for r, w in zip(several, reference_words)]
        for k, name in enumerate("12L"):
            checks.same("rouge%s_pltrdy" % name, item["rouge%s_pltrdy" % name], max(t[k] for t in three), row)
        for scorer, suffix in ((plain, "_google"), (stemmed, "_google_stem")):
            scores = scorer.score_multi(several, prediction)
            for kind in kinds:
                checks.same(kind + suffix, item[kind + suffix], scores[kind].fmeasure, row)
        checks.same("chrf per item", item["chrf_sacrebleu"], chrf.sentence_score(prediction, several).score, row)


def check_sets(score, checks, rng, sets):
    for number in range(sets):
        language = rng.choice(list(WORDS))
        count = rng.randrange(1, 30)
        # The dictionary that sacreBLEU wants lacks one word of Debian's.
        tokenizer = rng.choice(["13a", "zh", "char", "intl", "none"] + (["ja-mecab"] if language == "ja" else []))
        rows = []
        for _ in range(count):
            several = [text(rng, language).replace("\x00", "") for _ in range(rng.randrange(1, 3))]
            rows.append({"prediction": damaged(rng, several[0], language).replace("\x00", ""), "references": several})
        kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
        seed = rng.randrange(2**32)
        asked = ["bleu_sacrebleu", "chrf_sacrebleu"] + [k + "_hf" for k in kinds]
        items, ours = score(rows, asked, "--tokenize", tokenizer, "--seed", str(seed))
        width = max(len(row["references"]) for row in rows)
        streams = [[(row["references"] + [None] * width)[k] for row in rows] for k in range(width)]
        predictions = [row["prediction"] for row in rows]
        for name, metric in (("bleu_sacrebleu", BLEU(tokenize=tokenizer)), ("chrf_sacrebleu", CHRF())):
            checks.same(name, ours[name], metric.corpus_score(predictions, streams).score, (tokenizer, rows))
            signature = str(metric.get_signature())
            if ours[name + "_signature"] != signature:
                sys.exit("%s: signature %s here, %s there" % (name, ours[name + "_signature"], signature))
        single = BLEU(tokenize=tokenizer, effective_order=True)
        for row, item in zip(rows, items):
            theirs = single.sentence_score(row["prediction"], row["references"]).score
            checks.same("sacrebleu per item", item["bleu_sacrebleu"], theirs, (tokenizer, row))
        scorer, aggregator = rouge_scorer.RougeScorer(kinds), scoring.BootstrapAggregator()
        numpy.random.seed(seed)
        for row in rows:
            aggregator.add_scores(scorer.score_multi(row["references"], row["prediction"]))
        result = aggregator.aggregate()
        for kind in kinds:
            checks.same(kind + "_hf", ours[kind + "_hf"], result[kind].mid.fmeasure, seed)


def check_labels(score, checks, rng, sets):
    averages = [(f, a) for f in ("precision", "recall", "f1") for a in ("macro", "micro", "weighted")]
    for number in range(sets):
        labels = ["yes", "no", "maybe", "日本", "D", ""][: rng.randrange(2, 7)]
        gold = [rng.choice(labels) for _ in range(rng.randrange(1, 80))]
        predicted = [rng.choice(labels + ["missing"]) if rng.random() < 0.5 else g for g in gold]
        names = ["%s_%s%s" % (f, a, s) for f, a in averages for s in ("", "_gold")] + ["accuracy"]
        _, ours = score([{"prediction": p, "references": [g]} for p, g in zip(predicted, gold)], names)
        for figure, average in averages:
            function = getattr(sklearn.metrics, figure + "_score")
            theirs = function(gold, predicted, average=average, zero_division=0)
            checks.same("labels " + figure, ours["%s_%s" % (figure, average)], theirs, (gold, predicted))
            theirs = function(gold, predicted, average=average, zero_division=0, labels=sorted(set(gold)))
            checks.same("gold " + figure, ours["%s_%s_gold" % (figure, average)], theirs, (gold, predicted))
        checks.same("accuracy", ours["accuracy"], sklearn.metrics.accuracy_score(gold, predicted), None)

        columns = ["L%d" % k for k in range(rng.randrange(2, 8))]
        many = [rng.sample(columns, rng.randrange(len(columns) + 1)) for _ in range(rng.randrange(1, 40))]
        guesses = [rng.sample(columns, rng.randrange(len(columns) + 1)) for _ in many]
        names = ["multilabel_%s_%s" % pair for pair in averages]
        rows = [{"prediction": p, "references": [g], "choices": columns} for p, g in zip(guesses, many)]
        _, ours = score(rows, names)
        binary = MultiLabelBinarizer(classes=columns).fit(many)
        for figure, average in averages:
            function = getattr(sklearn.metrics, figure + "_score")
            theirs = function(binary.transform(many), binary.transform(guesses), average=average, zero_division=0)
            checks.same("multilabel", ours["multilabel_%s_%s" % (figure, average)], theirs, rows)

        tags = ["O", "O", "B-x", "I-x", "B-y", "I-y", "E-x", "S-y", "I-日", "B", "I", "X-x", "X"]
        gold = [[rng.choice(tags) for _ in range(rng.randrange(12))] for _ in range(rng.randrange(1, 20))]
        guess = [[t if rng.random() < 0.7 else rng.choice(tags) for t in sentence] for sentence in gold]
        if not any(gold):
            continue
        names = ["seqeval_f1", "seqeval_precision", "seqeval_recall", "token_accuracy"]
        _, ours = score([{"prediction": p, "references": [g]} for p, g in zip(guess, gold)], names)
        for name, function in zip(names, ("f1_score", "precision_score", "recall_score", "accuracy_score")):
            checks.same(name, ours[name], getattr(seqeval_metrics, function)(gold, guess), (gold, guess))


def check_stems():
    """Not through the tool: every stem shows in rouge's words, a pair a word."""
    stemmer = PorterStemmer()
    endings = "s es ed ing y ly er al ation ational fully ness ous ive ize ism iti logi ie ies eed bli alli e l ll".split()
    roots = "care hop agree fli hopp sk di rel generali comm ox bb ay ee x1 syzyg tr fall conflat".split()
    words = [a + b + c for a in roots for b in endings for c in ["", *endings]]
    return [{"prediction": word, "references": [stemmer.stem(word)]} for word in words if len(word) > 3 and len(stemmer.stem(word)) <= 3]


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    sets = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    rng, checks = random.Random(int(os.environ.get("ORCH_SEED", "5"))), Checks()
    with tempfile.TemporaryDirectory() as folder:
        score = Score(folder)
        for language in WORDS:
            if language not in ("zh", "ja") and not os.path.isdir(PUNKT):
                print("skipped: %s, no sentence model in %s" % (language, PUNKT))
                continue
            check_texts(score, checks, rng, language, cases)
        check_sets(score, checks, rng, sets)
        check_labels(score, checks, rng, sets)
        rows = check_stems()
        items, _ = score(rows, ["rouge1_google_stem"])
        for row, item in zip(rows, items):
            checks.same("porter", item["rouge1_google_stem"], 1.0, row)
    checks.report()


if __name__ == "__main__":
    main()
