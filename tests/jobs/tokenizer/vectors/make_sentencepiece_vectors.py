"""Records sentencepiece.jsonl with the Python package sentencepiece: one line a small model, with the model file and
for each text the library's ids."""
import base64
import json
import os
import pathlib
import tempfile

import sentencepiece
from component_files import corpus

HERE = pathlib.Path(__file__).resolve().parent
RULES = {"ﬁ": "fi", "e\u0301": "é", "e": "e", "①": "1", "①②": "12!", "\u3000": " ", "Ａ": "A", "\u200b": ""}
IDENTITY = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
MODELS = {
    "bpe": {"model_type": "bpe", **IDENTITY, "byte_fallback": True, "vocab_size": 420},
    "bpe user": {"model_type": "bpe", **IDENTITY, "vocab_size": 200, "user_defined_symbols": ["▁▁", "▁▁▁▁", "<p>", "<p><p>", "ver"]},
    "bpe no prefix": {"model_type": "bpe", **IDENTITY, "vocab_size": 200, "add_dummy_prefix": False},
    "bpe charsmap": {"model_type": "bpe", "vocab_size": 200},
    "unigram": {"model_type": "unigram", "vocab_size": 160},
    "unigram bytes": {"model_type": "unigram", "vocab_size": 400, "byte_fallback": True, "add_dummy_prefix": False},
}
TEXTS = ["", " ", "  ", "a", "the liver", " the  kidney! ", "    x     y", "Ünaffable é e\u0301 ﬁ Ａ①", "①②\u0301 ①", "日本語 中文, 1234"]
TEXTS += ["\tx\r\n y\u00a0\u3000", "<p><p><p>livever<p", "<0x41>▁▁▁a", "\u200b\u200bthe\u200b", "\u0301\u0001\ufffd😀"]


def model_file(options):
    """In the current folder, so that no model holds a path."""
    options = dict(options)
    if "normalization_rule_name" not in options:
        rules = pathlib.Path("rules.tsv")
        hexes = lambda text: " ".join("%X" % ord(c) for c in text)
        rules.write_text("".join("%s\t%s\n" % (hexes(a), hexes(b)) for a, b in sorted(RULES.items())), encoding="utf-8")
        options["normalization_rule_tsv"] = str(rules)
    lines = iter([line for text in corpus() for line in text.splitlines() if line])
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_prefix="m", hard_vocab_limit=False, minloglevel=2, num_threads=1, **options
    )
    return pathlib.Path("m.model").read_bytes()


def main():
    with open(HERE / "sentencepiece.jsonl", "w", encoding="utf-8") as sink, tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, options in MODELS.items():
            data = model_file(options)
            library = sentencepiece.SentencePieceProcessor(model_proto=data)
            probes = [{"text": text, "ids": library.encode(text)} for text in TEXTS]
            row = {"name": name, "model": base64.b64encode(data).decode(), "probes": probes}
            sink.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
