"""What the field's packages say of one item or set, and the texts they are asked about: fuzzed, and real ones of
../shared/data. For tests/parity/score_metrics.py and for the recorder of tests/jobs/score/vectors."""
import csv
import functools
import json
import logging
import os
import pathlib
import re
import sys
import unicodedata

import evaluate.utils  # noqa: F401  (what evaluate's rouge calls is rouge-score's aggregator)
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

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
SHARED = ROOT.parent / "shared/data"
PUNKT = os.environ.get("ORCH_PUNKT", str(SHARED / "punkt_english"))
KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
AVERAGES = [(f, a) for f in ("precision", "recall", "f1") for a in ("macro", "micro", "weighted")]
SPACED = ("en", "fr", "es", "ru")
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
NOISE += ["\x1c", "\u2028", "\u200d", "\ufeff", "e\u0301", "'ll ", "n't ", "cannot", "'Tis", " d'ye", ".)", '."', "!'", "i.e.", "M. "]


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


def script_of(sample):
    """zh, ja or ru by the letters; else None."""
    names = [unicodedata.name(c, "") for c in sample if c.isalpha()][:400]
    count = lambda word: sum(name.startswith(word) for name in names)  # noqa: E731
    if count("HIRAGANA") + count("KATAKANA") > len(names) / 10:
        return "ja"
    if count("CJK") > len(names) / 3:
        return "zh"
    return "ru" if count("CYRILLIC") > len(names) / 3 else None


def pieces_of(path):
    """Texts in a file, whatever its form."""
    whole = path.read_text("utf-8", "replace")[:4_000_000]
    if path.suffix in (".csv", ".tsv"):
        rows = csv.reader(whole.splitlines(keepends=True), delimiter="," if path.suffix == ".csv" else "\t")
        return [field for row in rows for field in row]
    if path.suffix == ".xml":
        return re.findall(r">([^<>]{40,})<", whole)
    if path.suffix in (".txt", ".source", ".target"):
        return whole.split("\n")
    if path.suffix in (".json", ".jsonl"):
        found = re.findall(r'"((?:[^"\\\n]|\\.){20,})"', whole)
        return [json.loads('"' + piece + '"', strict=False) for piece in found if "\\ud" not in piece.lower()]
    return []


@functools.cache
def real_texts():
    """Paragraphs of ../shared/data by language; what is absent is left out."""
    out = {language: [] for language in WORDS}
    csv.field_size_limit(10_000_000)
    for folder, language in (("medquad_part", "en"), ("mtsamples_part", "en"), ("meqsum", "en"), ("cochrane_pls", "en"),
                             ("frenchmedmcqa", "fr"), ("headqa", "es"), ("meds_ins_dev", None), ("mmedc_keywords", None)):
        for path in sorted((SHARED / folder).rglob("*.*")):
            for piece in pieces_of(path):
                if 20 <= len(piece) < 2000:
                    out[language or script_of(piece) or "en"].append(piece)
    return out


def real_pair(rng, language):
    """A reference out of real text, and another or a damaged one as prediction."""
    texts = real_texts()[language]
    if not texts:
        return None
    reference = rng.choice(texts)
    if rng.random() < 0.01:
        reference = "\n".join(rng.choices(texts, k=10))[: 4000 if language in SPACED else 1500]
    if rng.random() < 0.3:
        return rng.choice(texts), reference
    return damaged(rng, reference, language), reference


@functools.cache
def sentences():
    punkt = PunktSentenceTokenizer()
    punkt._params = load_punkt_params(PUNKT)
    return punkt.tokenize


@functools.cache
def treebank_words():
    return NLTKWordTokenizer().tokenize


@functools.cache
def word_cutter(language):
    if language == "zh":
        return lambda s: list(jieba.cut(s))
    if language == "ja":
        import MeCab

        folders = ("/var/lib/mecab/dic/ipadic-utf8", "/var/lib/mecab/dic/debian")
        tagger = MeCab.Tagger("-r /dev/null -d " + next(d for d in folders if os.path.isdir(d)))

        def cut(s):
            node, out = tagger.parseToNode(s), []
            while node:
                if node.stat not in (2, 3):
                    out.append(node.surface)
                node = node.next
            return out

        return cut
    cut_sentences, words = sentences(), treebank_words()
    return lambda s: [w for sentence in cut_sentences(s) for w in words(sentence)]


def bleu_nltk(cut, prediction, references):
    """BLEU-1 and BLEU-4."""
    smoothing = SmoothingFunction().method1
    words, several = cut(prediction), [cut(r) for r in references]
    return (sentence_bleu(several, words, weights=(1, 0, 0, 0), smoothing_function=smoothing),
            sentence_bleu(several, words, smoothing_function=smoothing))


def rouge_pltrdy_one(prediction, reference):
    try:
        scores = Rouge().get_scores(prediction, reference)[0]
    except ValueError:
        return 0.0, 0.0, 0.0
    return tuple(scores[k]["f"] for k in ("rouge-1", "rouge-2", "rouge-l"))


def rouge_pltrdy(cut, prediction, references, language):
    """ROUGE-1, 2, L: the best reference's."""
    spaced = (lambda s: s) if language in SPACED else (lambda s: " ".join(cut(s)))
    return tuple(max(v) for v in zip(*(rouge_pltrdy_one(spaced(prediction), spaced(r)) for r in references)))


@functools.cache
def google_scorer(stem):
    return rouge_scorer.RougeScorer(KINDS, use_stemmer=stem)


def rouge_google(prediction, references):
    out = {}
    for stem, suffix in ((False, "_google"), (True, "_google_stem")):
        scores = google_scorer(stem).score_multi(references, prediction)
        out.update({kind + suffix: scores[kind].fmeasure for kind in KINDS})
    return out


def rouge_hf(predictions, references, seed):
    """Hugging Face evaluate's rouge: its script hands rouge-score's scores to rouge-score's bootstrap."""
    aggregator = scoring.BootstrapAggregator()
    numpy.random.seed(seed)
    for prediction, several in zip(predictions, references):
        aggregator.add_scores(google_scorer(False).score_multi(several, prediction))
    result = aggregator.aggregate()
    return {kind + "_hf": result[kind].mid.fmeasure for kind in KINDS}


@functools.cache
def sacrebleu_metric(tokenizer, effective_order=False):
    return BLEU(tokenize=tokenizer, effective_order=effective_order)


def sacrebleu_words(tokenizer):
    cut = sacrebleu_metric(tokenizer).tokenizer
    return lambda s: cut(s.rstrip()).split()


def sacrebleu_corpus(predictions, references, tokenizer):
    width = max(len(several) for several in references)
    streams = [[(several + [None] * width)[k] for several in references] for k in range(width)]
    out = {}
    for name, metric in (("bleu_sacrebleu", BLEU(tokenize=tokenizer)), ("chrf_sacrebleu", CHRF())):
        out[name] = metric.corpus_score(predictions, streams).score
        out[name + "_signature"] = str(metric.get_signature())
    return out


def label_values(gold, guess):
    out = {"accuracy": sklearn.metrics.accuracy_score(gold, guess)}
    for figure, average in AVERAGES:
        function = getattr(sklearn.metrics, figure + "_score")
        name = "%s_%s" % (figure, average)
        out[name] = function(gold, guess, average=average, zero_division=0)
        out[name + "_gold"] = function(gold, guess, average=average, zero_division=0, labels=sorted(set(gold)))
    return {name: float(value) for name, value in out.items()}


def multilabel_values(columns, gold, guess):
    binary = MultiLabelBinarizer(classes=columns).fit(gold)
    both, out = (binary.transform(gold), binary.transform(guess)), {}
    for figure, average in AVERAGES:
        function = getattr(sklearn.metrics, figure + "_score")
        out["multilabel_%s_%s" % (figure, average)] = float(function(*both, average=average, zero_division=0))
    return out


def tag_lists(rng):
    tags = ["O", "O", "B-x", "I-x", "B-y", "I-y", "E-x", "S-y", "I-日", "B", "I", "X-x", "X"]
    gold = [[rng.choice(tags) for _ in range(rng.randrange(12))] for _ in range(rng.randrange(1, 20))]
    return gold, [[t if rng.random() < 0.7 else rng.choice(tags) for t in sentence] for sentence in gold]


def seqeval_values(gold, guess):
    functions = {"seqeval_f1": "f1_score", "seqeval_precision": "precision_score", "seqeval_recall": "recall_score",
                 "token_accuracy": "accuracy_score"}
    return {name: float(getattr(seqeval_metrics, f)(gold, guess)) for name, f in functions.items()}


def stem(word):
    return PorterStemmer().stem(word)


def stem_words(rng, fuzzed=200):
    endings = "s es ed ing y ly er al ation ational fully ness ous ive ize ism iti logi ie ies eed bli alli e l ll".split()
    roots = "care hop agree fli hopp sk di rel generali comm ox bb ay ee x1 syzyg tr fall conflat".split()
    words = [a + b + c for a in roots for b in endings for c in ("", rng.choice(endings))]
    letters = "aeiouybcdlnrstyz1"
    made = ["".join(rng.choices(letters, k=rng.randrange(1, 9))) + rng.choice(endings) for _ in range(fuzzed)]
    return words + made + "sky skies dying lying tying news inning innings outing outings canning cannings howe".split()
