#!/usr/bin/env python3
"""Writes grapheme_table.cc: what the rules for grapheme clusters (UAX 29) ask of a character.

Needs `pip install regex` (its Unicode version goes into the file). Hangul is told by arithmetic in grapheme.cc.
"""
import pathlib

import regex

CLASSES = [
    ("kControl", r"[\p{GCB=Control}\p{GCB=CR}\p{GCB=LF}]"),
    ("kPrepend", r"\p{GCB=Prepend}"),
    ("kLinker", r"\p{InCB=Linker}"),
    ("kJoiner", r"\p{GCB=ZWJ}"),
    ("kExtend", r"\p{GCB=Extend}"),
    ("kSpacingMark", r"\p{GCB=SpacingMark}"),
    ("kRegional", r"\p{GCB=Regional_Indicator}"),
    ("kPicture", r"\p{Extended_Pictographic}"),
    ("kConsonant", r"\p{InCB=Consonant}"),
]


def main():
    tests = [(name, regex.compile(pattern)) for name, pattern in CLASSES]
    ranges = []
    for c in range(0x80, 0x110000):
        if 0xD800 <= c < 0xE000:
            continue
        name = next((name for name, test in tests if test.match(chr(c))), None)
        if name is None:
            continue
        if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == name:
            ranges[-1][1] = c
        else:
            ranges.append([c, c, name])
    lines = [
        "// Made by make_grapheme_table.py with the Python package regex %s. Do not edit." % regex.__version__,
        "",
        '#include "jobs/tokenizer/grapheme.h"',
        "",
        "namespace orch::tokenizer {",
        "",
        "// clang-format off",
        "const GraphemeRange kGraphemeRanges[] = {",
    ]
    row = ""
    for first, last, name in ranges:
        entry = "{0x%X, 0x%X, GraphemeClass::%s}, " % (first, last, name)
        if len(row) + len(entry) > 98:
            lines.append("  " + row.rstrip())
            row = ""
        row += entry
    lines += ["  " + row.rstrip(), "};", "// clang-format on", ""]
    lines += ["const std::size_t kGraphemeRangeCount = sizeof kGraphemeRanges / sizeof kGraphemeRanges[0];", ""]
    lines += ["}  // namespace orch::tokenizer", ""]
    (pathlib.Path(__file__).resolve().parent / "grapheme_table.cc").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
