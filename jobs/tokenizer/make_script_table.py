#!/usr/bin/env python3
"""Writes script_table.cc: which characters the pre-tokenizer UnicodeScripts takes for one script, as Hugging Face
`tokenizers` answers for pairs of characters. What joins every script is in no range.
"""
import pathlib

from tokenizers import __version__, pre_tokenizers

SCRIPTS = pre_tokenizers.UnicodeScripts()
LATIN, GREEK = "a", "\u03b1"
BATCH = 2000


def pieces(text):
    return [piece for piece, _ in SCRIPTS.pre_tokenize_str(text)]


def joined(a, b):
    return len(pieces(a + b)) == 1


def runs(characters):
    """Neighbours of one script, as [first, last]."""
    out = []
    for i in range(0, len(characters), BATCH):
        batch = characters[max(i - 1, 0) : i + BATCH]
        at, starts = 0, set()
        for piece in pieces("".join(batch)):
            starts.add(at)
            at += len(piece)
        for k, c in enumerate(batch):
            if k == 0 and i > 0:
                continue
            if k in starts or not out:
                out.append([c, c])
            out[-1][1] = c
    return out


def scripts():
    """Character → number of its script, from 1."""
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    of_one = [c for c in every if not (joined(LATIN, c) and joined(GREEK, c))]
    samples, numbers = [], {}
    at = 0
    for first, last in runs(of_one):
        number = next((i for i, sample in enumerate(samples) if joined(sample, first)), len(samples))
        if number == len(samples):
            samples.append(first)
        while at < len(of_one) and of_one[at] <= last:
            numbers[ord(of_one[at])] = number + 1
            at += 1
    return numbers


def main():
    numbers, ranges = scripts(), []
    for c in sorted(numbers):
        if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == numbers[c]:
            ranges[-1][1] = c
        else:
            ranges.append([c, c, numbers[c]])
    lines = ["// Made by make_script_table.py with tokenizers %s. Do not edit." % __version__, ""]
    lines += ['#include "jobs/tokenizer/script.h"', "", "namespace orch::tokenizer {", "", "// clang-format off"]
    lines.append("const ScriptRange kScriptRanges[] = {")
    row = ""
    for first, last, number in ranges:
        entry = "{0x%X, 0x%X, %d}, " % (first, last, number)
        if len(row) + len(entry) > 98:
            lines.append("  " + row.rstrip())
            row = ""
        row += entry
    lines += ["  " + row.rstrip(), "};", "// clang-format on", ""]
    lines += ["const std::size_t kScriptRangeCount = sizeof kScriptRanges / sizeof kScriptRanges[0];", ""]
    lines += ["}  // namespace orch::tokenizer", ""]
    (pathlib.Path(__file__).resolve().parent / "script_table.cc").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
