#!/usr/bin/env python3
"""Writes unicode_table.cc: code points that are letters (L*), numbers (N*) or white space, as ranges.

Needs `pip install unicodedata2==16.0.0`: the Unicode version is part of a tokenizer.
"""
import sys

import unicodedata2 as unicodedata

SPACES = {0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
SPACES |= set(range(0x2000, 0x200B))


def kind(point):
    if point in SPACES:
        return "kSpace"
    category = unicodedata.category(chr(point))
    return {"L": "kLetter", "N": "kNumber"}.get(category[0])


def ranges():
    first = None
    for point in range(0x110001):
        now = kind(point) if point < 0x110000 else None
        if first is not None and now != current:
            yield first, point - 1, current
            first = None
        if first is None and now:
            first, current = point, now


def main():
    items = [f"{{{a:#x}, {b:#x}, C::{k}}}," for a, b, k in ranges()]
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 1 > 100:
            lines.append(line)
            line = "   "
        line += " " + item
    lines.append(line)
    print("// Made by make_unicode_table.py from Unicode %s. Not edited by hand." % unicodedata.unidata_version)
    print('#include "jobs/tokenizer/unicode_classes.h"\n')
    print("namespace orch::tokenizer {\n\nnamespace {\n\nusing C = CharClass;\n")
    print("// clang-format off\nconstexpr ClassRange kRanges[] = {")
    print("\n".join(lines))
    print("};\n// clang-format on\n\n}  // namespace\n")
    print("std::span<const ClassRange> unicode_ranges() { return kRanges; }\n")
    print('const char* unicode_version() { return "%s"; }\n' % unicodedata.unidata_version)
    print("}  // namespace orch::tokenizer")


if __name__ == "__main__":
    sys.exit(main())
