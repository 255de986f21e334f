#!/usr/bin/env python3
"""Writes unicode.json beside this file: digests over all code points, and normalizations with offsets.

Needs `pip install tokenizers==0.23.3 unicodedata2==16.0.0`.
"""
import hashlib
import json
import pathlib
import random
import sys

import unicodedata2 as unicodedata
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

POINTS = [p for p in range(0x110000) if not 0xD800 <= p <= 0xDFFF]
FORMS = ["NFC", "NFD", "NFKC", "NFKD"]
PROPERTIES = (
    "L M N P S Z C Lu Ll Lt Lm Lo Mn Nd Nl No Pd Sc Sk So Zs Cf Co Cn Han Hiragana Katakana Hangul Latin Greek "
    "Cyrillic Arabic Hebrew Thai Devanagari Bopomofo Common Inherited Unknown Alphabetic Uppercase Lowercase "
    "White_Space Emoji Extended_Pictographic Ideographic ID_Start Word Alnum Punct PosixPunct Graph Print Space "
    "XDigit InCyrillic InCJKUnifiedIdeographs Any Assigned"
).split()


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def bert(**on):
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**off, **on})


def classes():
    space, digits = pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(individual_digits=True)
    punctuation = pre_tokenizers.BertPreTokenizer()
    clean, chinese, marks = bert(clean_text=True), bert(handle_chinese_chars=True), normalizers.StripAccents()
    for c in map(chr, POINTS):
        yield "".join(
            "01"[bool(x)]
            for x in (
                len(space.pre_tokenize_str("a" + c + "b")) == 2,
                len(digits.pre_tokenize_str("a" + c + "b")) == 3,
                len(punctuation.pre_tokenize_str("a" + c + "a")) == 3,
                clean.normalize_str(c) == "",
                chinese.normalize_str(c) == f" {c} ",
                marks.normalize_str(c) == "",
            )
        )


def property_ranges(name):
    split = pre_tokenizers.Split(Regex(r"\p{%s}+" % name), "removed")
    inside = bytearray(b"1" * len(POINTS))
    for _, (first, end) in split.pre_tokenize_str("".join(map(chr, POINTS))):
        inside[first:end] = b"0" * (end - first)
    return inside.decode()


def samples(rng):
    decomposing = [p for p in POINTS if p < 0x30000 and unicodedata.decomposition(chr(p))]
    combining = [p for p in POINTS if p < 0x1F000 and unicodedata.combining(chr(p))]
    parts = sorted({ord(x) for p in decomposing for x in unicodedata.normalize("NFKD", chr(p))})
    jamo = [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3), 0xAC00, 0xAC01, 0xD7A3]
    plain = [0x41, 0x61, 0x65, 0x300, 0x301, 0x323, 0x345, 0x3B1, 0x20, 0x4E00]
    for _ in range(150):
        yield "".join(chr(rng.choice(rng.choice([decomposing, combining, parts, jamo, plain]))) for _ in range(rng.randint(1, 9)))


def main(folder):
    lower = normalizers.Lowercase()
    out = {"category": digest(unicodedata.category(chr(p)) for p in POINTS), "classes": digest(classes())}
    out["lower"] = digest(lower.normalize_str(chr(p)) for p in POINTS)
    rows = []
    for form in FORMS:
        normalizer = getattr(normalizers, form)()
        out["oracle " + form] = digest(normalizer.normalize_str(chr(p)) for p in POINTS)
        out["16.0.0 " + form] = digest(unicodedata.normalize(form, chr(p)) for p in POINTS)
        tokenizer = Tokenizer(models.WordLevel({"u": 0}, unk_token="u"))
        tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\p{Any}"), "isolated")
        for text in samples(random.Random(16)):
            begins = [first for first, _ in tokenizer.encode(text).offsets]
            rows.append({"form": form, "text": text, "output": normalizer.normalize_str(text), "begins": begins})
    out["properties"] = {name: digest([property_ranges(name)]) for name in PROPERTIES}
    out["normalized"] = rows
    text = json.dumps(out, ensure_ascii=True, separators=(",", ":")).replace('{"form"', '\n{"form"')
    pathlib.Path(folder, "unicode.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
