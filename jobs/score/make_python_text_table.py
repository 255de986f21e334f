"""Writes python_text_table.cc: what CPython's str methods and `re` say of each code point.

    python3 make_python_text_table.py > python_text_table.cc

The Unicode version is that of the interpreter that runs it.
"""
import sys
import unicodedata

NAMES = ["isspace", "word", "isdecimal", "isupper", "islower", "P", "S", "N", "cased", "ignorable"]


def flags(point):
    char = chr(point)
    category = unicodedata.category(char)
    value = [
        char.isspace(),
        char.isalnum() or char == "_",
        char.isdecimal(),
        char.isupper(),
        char.islower(),
        category[0] == "P",
        category[0] == "S",
        category[0] == "N",
        # The rule of the final sigma looks at these two; they are what makes it change its mind.
        ("A\u03a3" + char + "\u03a3").lower()[1] != "\u03c2" and not ignorable(char),
        ignorable(char),
    ]
    return sum(1 << bit for bit, on in enumerate(value) if on)


def ignorable(char):
    """Skipped when a sigma looks for cased neighbours."""
    return ("A" + char + "\u03a3").lower()[-1] == "\u03c2" and ("1" + char + "\u03a3").lower()[-1] == "\u03c3"


def ranges(values):
    first, last, value = None, None, None
    for point, current in values:
        if value is not None and current == value and point == last + 1:
            last = point
            continue
        if value is not None:
            yield first, last, value
        first, last, value = point, point, current
    if value is not None:
        yield first, last, value


def lowers():
    """(first, last, stride, lower(first) - first): single code points only."""
    runs = []
    for point in range(0x110000):
        if 0xD800 <= point < 0xE000 or point == 0x130:
            continue
        low = chr(point).lower()
        if low == chr(point):
            continue
        assert len(low) == 1, hex(point)
        delta = ord(low) - point
        for stride in (1, 2):
            if runs and runs[-1][3] == delta and point - runs[-1][1] == stride and runs[-1][2] in (0, stride):
                runs[-1][1], runs[-1][2] = point, stride
                break
        else:
            runs.append([point, point, 0, delta])
    return runs


def rows(entries, width):
    line = "   "
    for entry in entries:
        if len(line) + len(entry) + 1 > width:
            yield line
            line = "   "
        line += " " + entry
    yield line


def gaps(entries):
    """The first code point of each as the distance from the last one before, the last as a length."""
    end = 0
    for first, last, *rest in entries:
        yield ",".join(str(number) for number in (first - end, last - first, *rest)) + ","
        end = last


def main():
    points = (p for p in range(0x110000) if not 0xD800 <= p < 0xE000)
    table = [(a, b, v) for a, b, v in ranges((p, flags(p)) for p in points) if v]
    print("// Made by make_python_text_table.py from Unicode %s. Not edited by hand." % unicodedata.unidata_version)
    print('#include "jobs/score/python_text.h"\n\nnamespace orch::score {\n\nnamespace {\n\n// clang-format off')
    print("constexpr std::int32_t kFlags[] = {")
    print("\n".join(rows(gaps(table), 100)))
    print("};\n\nconstexpr std::int32_t kLowers[] = {")
    print("\n".join(rows(gaps((a, b, max(s, 1), d) for a, b, s, d in sorted(lowers())), 100)))
    print("};\n// clang-format on\n\n}  // namespace\n")
    print("std::span<const std::int32_t> flag_numbers() { return kFlags; }")
    print("std::span<const std::int32_t> lower_numbers() { return kLowers; }\n\n}  // namespace orch::score")


if __name__ == "__main__":
    sys.exit(main())
