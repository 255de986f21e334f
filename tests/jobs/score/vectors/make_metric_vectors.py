#!/usr/bin/env python3
"""Records what the packages say, one file a family of metrics, beside this one; the first line names the versions.

Cases are rows of `orch-tool score` with the values of the set, or of each row ("items"): fuzzed text in six languages, then hostile rows (empty,
only punctuation, mixed scripts, NUL, very long: {"repeat": [text, times]}). words.jsonl holds texts and their words,
stems.jsonl words and their stems. Runs in the environment of tests/parity; $ORCH_PUNKT: folder of the sentence model.
"""
import importlib.metadata
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent.parent / "parity/peers"))
import score_peers as peers  # noqa: E402

LONG = {"repeat": ["The patient's dose, 3.5 mg. It didn't help (e.g. twice-daily) ", 60]}
HOSTILE = [
    ("", "a b"), ("a b", ""), ("", ""), (" ", "\n"), ("...", "..."), ("?!;:", "?! ;:"), ("'", "''"), ("-- ", "--"),
    ("a\x00b c.", "a\x00b d."), ("\x00", "\x00"), ("患者a的1あ! и ٣", "患者a的1 あ! И ٣"), ("İK ſ", "i̇k s"),
    ("\u2028a\x85b\x1cc", "a b c"), ("😀👩\u200d👧 ok", "😀 ok"), ("e\u0301te\u0301", "été été"), ("A. B. C.", "A. B. D."),
    (LONG, {"repeat": ["The patient's dose, 3.5 mg. It did help (i.e. daily)\n", 60]}),
    ({"repeat": ["!", 5000]}, {"repeat": ["!", 4000]}), ({"repeat": ["的", 2000]}, {"repeat": ["的了", 900]}),
]


def expand(text):
    return text["repeat"][0] * text["repeat"][1] if isinstance(text, dict) else text


def pairs(rng, language, count):
    """Predictions and references as they are written to the file."""
    out = []
    for _ in range(count):
        several = [peers.text(rng, language) for _ in range(1 if rng.random() < 0.7 else 2)]
        out.append((peers.damaged(rng, several[0], language), several))
    return out + [(prediction, [reference]) for prediction, reference in HOSTILE]


def rows_of(cases):
    return [{"id": n, "prediction": p, "references": r} for n, (p, r) in enumerate(cases)]


def case(rows, values, **options):
    return {**options, "rows": rows, "values": values}


def write(name, packages, lines):
    versions = {package: importlib.metadata.version(package) for package in packages}
    with open(HERE / (name + ".jsonl"), "w", encoding="utf-8") as out:
        for line in [{"packages": versions}, *lines]:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def without_nul(language, cases):
    if language != "ja":
        return cases
    return [c for c in cases if "\x00" not in json.dumps(c).replace("\\u0000", "\x00")]


def one_by_one(seed, count, languages, score):
    """A case for each language: its rows, and for each what score(cut, prediction, references, language) returns."""
    rng, out = random.Random(seed), []
    for language in languages:
        cut, cases = peers.word_cutter(language), without_nul(language, pairs(rng, language, count))
        items = [score(cut, expand(p), [expand(r) for r in several], language) for p, several in cases]
        out.append({"language": language, "rows": rows_of(cases), "items": items})
    return out


def bleu_nltk(cut, prediction, references, _):
    one, four = peers.bleu_nltk(cut, prediction, references)
    return {"bleu1_nltk": one, "bleu4_nltk": four}


def rouge_pltrdy(cut, prediction, references, language):
    return {"rouge%s_pltrdy" % k: v for k, v in zip("12L", peers.rouge_pltrdy(cut, prediction, references, language))}


def rouge_google(_, prediction, references, __):
    return peers.rouge_google(prediction, references)


def corpus_cases():
    """Sets of rows for what is counted over all of them."""
    rng, out = random.Random(12), []
    for language in peers.WORDS:
        tokenizers = ["13a", "zh", "char", "intl", "none"] + (["ja-mecab"] if language == "ja" else [])
        for tokenizer in tokenizers:
            cases = pairs(rng, language, 4)
            cases = cases if tokenizer == "zh" and language == "zh" else cases[: rng.randrange(1, 14)]
            clean = [c for c in cases if "\x00" not in expand(c[0]) and not any("\x00" in expand(r) for r in c[1])]
            out.append((language, tokenizer, clean))
    return out


def sacrebleu_vectors():
    bleu, chrf, hugging = [], [], []
    for number, (language, tokenizer, cases) in enumerate(corpus_cases()):
        predictions = [expand(p) for p, _ in cases]
        references = [[expand(r) for r in several] for _, several in cases]
        values = peers.sacrebleu_corpus(predictions, references, tokenizer)
        both = case(rows_of(cases), {k: v for k, v in values.items() if k.startswith("bleu")}, language=language)
        bleu.append({**both, "tokenizer": tokenizer})
        if tokenizer == "13a":
            chrf.append(case(rows_of(cases), {k: v for k, v in values.items() if k.startswith("chrf")}))
            hugging.append(case(rows_of(cases), peers.rouge_hf(predictions, references, number), seed=number))
    for prediction, reference in HOSTILE:
        values = peers.sacrebleu_corpus([expand(prediction)], [[expand(reference)]], "13a")
        rows = rows_of([(prediction, [reference])])
        bleu.append({**case(rows, {k: v for k, v in values.items() if k.startswith("bleu")}), "tokenizer": "13a"})
        chrf.append(case(rows, {k: v for k, v in values.items() if k.startswith("chrf")}))
    write("bleu_sacrebleu", ["sacrebleu", "mecab-python3", "ipadic"], bleu)
    write("chrf_sacrebleu", ["sacrebleu"], chrf)
    write("rouge_hf", ["evaluate", "rouge-score", "numpy"], hugging)


def label_vectors():
    rng, labels, entities = random.Random(14), [], []
    for _ in range(12):
        names = ["yes", "no", "maybe", "日本", "D", ""][: rng.randrange(2, 7)]
        gold = [rng.choice(names) for _ in range(rng.randrange(1, 25))]
        guess = [rng.choice(names + ["missing"]) if rng.random() < 0.5 else g for g in gold]
        rows = [{"id": n, "prediction": p, "references": [g]} for n, (p, g) in enumerate(zip(guess, gold))]
        labels.append(case(rows, peers.label_values(gold, guess)))
        columns = ["L%d" % k for k in range(rng.randrange(2, 6))]
        many = [rng.sample(columns, rng.randrange(len(columns) + 1)) for _ in range(rng.randrange(1, 15))]
        guesses = [rng.sample(columns, rng.randrange(len(columns) + 1)) for _ in many]
        rows = [{"id": n, "prediction": p, "references": [g], "choices": columns} for n, (p, g) in enumerate(zip(guesses, many))]
        labels.append(case(rows, peers.multilabel_values(columns, many, guesses)))
        gold, guess = peers.tag_lists(rng)
        rows = [{"id": n, "prediction": p, "references": [g]} for n, (p, g) in enumerate(zip(guess, gold))]
        if any(gold):
            entities.append(case(rows, peers.seqeval_values(gold, guess)))
    write("label_f1", ["scikit-learn"], labels)
    write("seqeval", ["seqeval"], entities)


def word_vectors():
    rng, out = random.Random(15), []
    texts = [(language, peers.text(rng, language)) for language in peers.WORDS for _ in range(6)]
    texts += [("en", expand(t)) for pair in HOSTILE for t in pair if len(expand(t)) < 200]
    sentence_words = peers.treebank_words()
    for language, text in texts:
        out.append({"segmenter": "treebank", "text": text, "words": sentence_words(text)})
        out.append({"segmenter": "jieba", "text": text, "words": peers.word_cutter("zh")(text)})
        out.append({"segmenter": "punkt", "text": text, "words": peers.sentences()(text)})
        if "\x00" not in text:
            out.append({"segmenter": "mecab", "text": text, "words": peers.word_cutter("ja")(text)})
            for tokenizer in ("13a", "zh", "char", "intl"):
                words = peers.sacrebleu_words(tokenizer)(text)
                out.append({"segmenter": "sacrebleu", "tokenizer": tokenizer, "text": text, "words": words})
    write("words", ["nltk", "jieba", "mecab-python3", "sacrebleu"], [w for w in out if w["text"]])


def stem_vectors():
    stems = {word: peers.stem(word) for word in sorted(set(peers.stem_words(random.Random(16))))}
    write("stems", ["nltk"], [{"stems": stems}])


def main():
    write("bleu_nltk", ["nltk", "jieba", "mecab-python3"], one_by_one(10, 8, peers.WORDS, bleu_nltk))
    write("rouge_pltrdy", ["rouge", "jieba", "mecab-python3"], one_by_one(11, 8, peers.WORDS, rouge_pltrdy))
    write("rouge_google", ["rouge-score", "nltk"], one_by_one(13, 8, ["en", "fr", "ru"], rouge_google))
    sacrebleu_vectors()
    label_vectors()
    word_vectors()
    stem_vectors()


if __name__ == "__main__":
    main()
