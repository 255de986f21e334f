#!/usr/bin/env python3
"""Writes patterns.jsonl beside this file: what each pattern of patterns.txt finds in some texts.

Needs `pip install tokenizers==0.23.3`. A line: the pattern; "error" if it is none; else for each text the
text, the ends (in characters) of the pieces that Split isolates, and what Replace makes of it.
"""
import json
import pathlib
import random
import sys

from tokenizers import Regex, normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
LETTERS = (
    "aAbBcCsStTkKzZ09_-[](){}.,!?'\"&|^$ \t\n\r\x0b\x85\u00a0\u200b\u3000éÉßẞſKÅñçœİıΣσςЖж日本語カタ한글ไทยहि्ا٣१Ⅷ²½"
    "\u0301\u0323\u200d\U0001F600\U0001FAE8\ufb01\ufb06\U000323B0\u1c89\u1c8a\ua7cb\u10d50\x00\x7f\u2028"
)
WORDS = "'s 'S 'ſ 'll 'LL don't ss SS ẞ ﬁ fi straße 123 12345 foo_bar abc ABC aa ab aab 日本語 カタカナ 한국어 ไทย".split()
WORDS += ["  ", "\r\n", "\n\n", " the", "The", "\u0301\u0301", "0x1F", "a-z", "[a]", "::", "hello world"]


def text(rng):
    return "".join(
        rng.choice(WORDS) if rng.random() < 0.3 else rng.choice(LETTERS) for _ in range(rng.choice([2, 5, 9, 14]))
    )


def main(folder):
    lines = []
    for number, pattern in enumerate(filter(None, (HERE / "patterns.txt").read_text("utf-8").split("\n"))):
        rng = random.Random(number)
        try:
            regex = Regex(pattern)
        except Exception as error:
            lines.append({"pattern": pattern, "error": str(error)})
            continue
        split, replace = pre_tokenizers.Split(regex, "isolated"), normalizers.Replace(regex, "#")
        rows = []
        for sample in [text(rng) for _ in range(7)] + ["\n\na\n"]:
            ends = [end for _, (_, end) in split.pre_tokenize_str(sample)]
            rows.append([sample, ends, replace.normalize_str(sample)])
        lines.append({"pattern": pattern, "found": rows})
    out = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    pathlib.Path(folder, "patterns.jsonl").write_text(out, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else HERE)
