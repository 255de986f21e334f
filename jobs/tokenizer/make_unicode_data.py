#!/usr/bin/env python3
"""Writes unicode_data_*.cc: everything about characters that tokenizers ask for.

    make_unicode_data.py DIRECTORY

DIRECTORY holds one folder a Unicode version (15.0.0, 15.1.0, 16.0.0, 17.0.0), each made by
`pip install --target DIRECTORY/V unicodedata2==V`. Version 14 is that of CPython 3.11, which must run
this. Needs `tokenizers` (its regex engine tells each property of Unicode 16, its normalizers their own,
older versions) and `regex` (Unicode 17's properties of the characters that are new in it), and Perl 5.36
(in which version a character came).

What is known here and checked below, as of tokenizers 0.23.3: its regular expressions are Unicode 16, its
lower case 17, its four normal forms 9, its Bert classes 8, its StripAccents 9.
"""
import importlib
import subprocess
import sys
import unicodedata as unicode14

import regex
import regex._regex_core as regex_names
from tokenizers import Regex, normalizers, pre_tokenizers

LIMIT = 0x110000
AGES = ["8.0", "9.0", "10.0", "11.0", "12.0", "12.1", "13.0", "14.0", "15.0", "15.1", "16.0", "17.0"]
CATEGORIES = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cs".split()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
POINTS = [p for p in range(LIMIT) if not 0xD800 <= p <= 0xDFFF]
# Planes 4 to 13 are wholly unassigned: two points of each stand for the plane.
PROBED = [p for p in POINTS if p < 0x40000 or p >= 0xE0000 and p < 0xE1000 or p & 0xFFFF >= 0xFFF0]


def load(directory, version):
    sys.path.insert(0, f"{directory}/{version}.0")
    sys.modules.pop("unicodedata2", None)
    module = importlib.import_module("unicodedata2")
    sys.path.pop(0)
    sys.modules.pop("unicodedata2", None)
    assert module.unidata_version == f"{version}.0", module.unidata_version
    return module


def number(n):
    out = ""
    while n >= 32:
        out += ALPHABET[32 | n & 31]
        n >>= 5
    return out + ALPHABET[n]


def signed(n):
    return number(n * 2 if n >= 0 else -n * 2 - 1)


def partition(values):
    """Runs of equal values over all code points: length, value, …"""
    out, start = [], 0
    for p in range(1, LIMIT + 1):
        if p == LIMIT or values[p] != values[start]:
            out += [number(p - start), number(values[start])]
            start = p
    return "".join(out)


def ranges(points):
    out = []
    for p in sorted(points):
        if out and out[-1][1] == p - 1:
            out[-1][1] = p
        else:
            out.append([p, p])
    return out


def spans(points):
    """A set: gap, length, gap, length, …"""
    out, at = [], 0
    for first, last in ranges(points):
        out += [number(first - at), number(last + 1 - first)]
        at = last + 1
    return "".join(out)


def ages(versions):
    """Index into AGES of each assigned code point, len(AGES) of the others."""
    program = ('for my $p (0..0x10FFFF) { my $c = chr($p); my $a = 0; no warnings; '
               + " ".join('$c =~ /\\p{In=%s}/ ? ($a = %d) :' % (v, i) for i, v in enumerate(AGES) if float(v) <= 14)
               + ' ($a = 99); print "$a\\n"; }')
    text = subprocess.run(["perl", "-e", program], capture_output=True, text=True, check=True)
    out = []
    for p, line in enumerate(text.stdout.split("\n")[:LIMIT]):
        if versions["17.0"].category(chr(p)) == "Cn":
            out.append(len(AGES))
        elif line != "99":
            out.append(int(line))
        else:
            out.append(next(i for i, v in enumerate(AGES) if v in versions and versions[v].category(chr(p)) != "Cn"))
    return out


SPLIT_TEXT = "".join(map(chr, PROBED))


def probe(pattern):
    """The probed code points that a one-character pattern matches, by the oracle's regex engine."""
    kept = pre_tokenizers.Split(Regex(f"(?:{pattern})+"), "removed").pre_tokenize_str(SPLIT_TEXT)
    out = set(range(len(PROBED)))
    for _, (first, end) in kept:
        out.difference_update(range(first, end))
    return widened({PROBED[i] for i in out})


def widened(points):
    """Spreads what holds of plane 4's last probed plain points over the planes that were not probed."""
    out = set(points)
    for plane in range(4, 17):
        if plane * 0x10000 + 0xFFF0 in points:
            out.update(range(plane * 0x10000, plane * 0x10000 + 0xFFF0) if plane != 14 else range(0xE1000, 0xEFFF0))
    return out


def compiles(name):
    try:
        Regex(r"\p{%s}" % name)
    except Exception:
        return False
    return True


def new_points(name, value, new):
    """The points new in Unicode 17 with this property, by the `regex` module."""
    query = f"{name}={value}" if value else name
    return {p for p in new if regex.match(r"\p{%s}" % query, chr(p))}


class Names:
    """Property names as the oracle knows them: each a set, equal sets stored once."""

    def __init__(self, new):
        self.new, self.sets, self.names, self.seen = new, [], [], {}

    def add(self, spellings, query):
        good = sorted({s.lower().replace("_", "") for s in spellings if compiles(s)})
        if not good:
            return None
        points = probe(r"\p{%s}" % good[0])
        reserving = any(p in points for p in self.new)
        name, value = query
        try:
            points |= new_points(name, value, self.new)
        except regex.error:
            pass
        key = spans(points)
        if key not in self.seen:
            self.seen[key] = len(self.sets)
            self.sets.append((reserving, points))
            self.names.append([])
        self.names[self.seen[key]] += good
        return points


def named_properties(new):
    names = Names(new)
    groups = {}
    for name, (ident, values) in regex_names.PROPERTIES.items():
        groups.setdefault(ident, ([], values))[0].append(name)
    for spellings, values in groups.values():
        key = spellings[0]
        by_value = {}
        for value, ident in values.items():
            by_value.setdefault(ident, []).append(value)
        if key in ("SCRIPT",):
            for group in by_value.values():
                names.add(group, (key, group[0]))
        elif key == "BLOCK":
            for group in by_value.values():
                names.add(["IN" + g for g in group], (key, group[0]))
        elif set(values) >= {"YES", "NO"} and "MAYBE" not in values:
            names.add(spellings, (key, None))
    for name in "Alnum Alpha Blank Cntrl Digit Graph Lower Print Punct Space Upper XDigit Word PosixPunct".split():
        names.add([name], (name, None))
    return names


def decompositions(data):
    """code point, kind (0 canonical and composes, 1 canonical only, 2 compatibility) + 3 * length, code points"""
    out, at, last = [], 0, 0
    for p in POINTS:
        raw = data.decomposition(chr(p))
        if not raw:
            continue
        parts = raw.split()
        kind = 2 if parts[0].startswith("<") else 0
        points = [int(x, 16) for x in parts[1 if kind else 0:]]
        if kind == 0 and data.normalize("NFC", chr(p)) != chr(p):
            kind = 1
        before = [last, *points]
        out.append(number(p - at) + number(kind + 3 * len(points)))
        out += [signed(q - b) for q, b in zip(points, before)]
        at, last = p, points[0]
    return "".join(out)


def mapping(pairs):
    """code point, length, differences of the points it becomes"""
    out, at = [], 0
    for p, points in pairs:
        out.append(number(p - at) + number(len(points)) + "".join(signed(q - p) for q in points))
        at = p
    return "".join(out)


def lower_case():
    normalizer = normalizers.Lowercase()
    for p in POINTS:
        out = normalizer.normalize_str(chr(p))
        if out != chr(p):
            yield p, [ord(c) for c in out]


def folds(age):
    """Full case folding of Unicode 16: CPython's of 14, the newer letters by their lower case."""
    normalizer = normalizers.Lowercase()
    newest = AGES.index("16.0")
    for p in POINTS:
        if age[p] <= AGES.index("14.0"):
            out = chr(p).casefold()
        elif age[p] <= newest:
            out = normalizer.normalize_str(chr(p))
        else:
            continue
        if out != chr(p):
            yield p, [ord(c) for c in out]


def bert_sets():
    """Punctuation, removed controls and non-spacing marks of the Bert classes; marks of StripAccents."""
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    strip = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    marks = normalizers.StripAccents()
    split = pre_tokenizers.BertPreTokenizer()
    punctuation = {p for p in POINTS if len(split.pre_tokenize_str("a" + chr(p) + "a")) == 3}
    removed = [{p for p in POINTS if n.normalize_str(chr(p)) == ""} for n in (clean, strip, marks)]
    return [punctuation, *removed]


def literal(name, text):
    lines = [text[i:i + 94] for i in range(0, len(text), 94)] or [""]
    return f"const char {name}[] =\n" + "\n".join(f'    "{line}"' for line in lines) + ";\n"


def write(path, tables):
    with open(path, "w", encoding="ascii") as out:
        out.write("// Made by make_unicode_data.py (Unicode 8.0 to 17.0). Not edited by hand.\n")
        out.write('#include "jobs/tokenizer/unicode_data.h"\n\nnamespace orch::tokenizer::unicode_data {\n\n')
        out.write("// clang-format off\n" + "\n".join(literal(n, t) for n, t in tables))
        out.write("// clang-format on\n\n}  // namespace orch::tokenizer::unicode_data\n")


def main():
    versions = {v: load(sys.argv[1], v) for v in ("15.0", "15.1", "16.0", "17.0")}
    assert unicode14.unidata_version == "14.0.0"
    versions["14.0"] = unicode14
    data = versions["17.0"]
    age = ages(versions)
    index = {c: i for i, c in enumerate(CATEGORIES)}
    category = [index[data.category(chr(p))] for p in range(LIMIT)]
    changed = []
    for v in ("14.0", "15.0", "15.1", "16.0"):
        at, count, out = 0, 0, ""
        for p in range(LIMIT):
            then = index[versions[v].category(chr(p))]
            if then != (category[p] if age[p] <= AGES.index(v) else 0):
                out += number(p - at) + number(then)
                at, count = p, count + 1
        changed.append(number(AGES.index(v)) + number(count) + out)
        print(f"{v}: {count} categories differ from those of today", file=sys.stderr)
    combining = [data.combining(chr(p)) for p in range(LIMIT)]
    new = [p for p in POINTS if age[p] == AGES.index("17.0")]
    names = named_properties(new)
    print(f"{len(names.sets)} sets, {sum(map(len, names.names))} names", file=sys.stderr)
    bert = bert_sets()
    derived = lambda limit, wanted: {p for p in POINTS if age[p] <= limit and CATEGORIES[category[p]] in wanted}
    ascii_punctuation = {ord(c) for c in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}
    guesses = [derived(0, "Pc Pd Ps Pe Pi Pf Po".split()) | ascii_punctuation, derived(0, "Cc Cf Co".split()),
               derived(0, ["Mn"]), derived(1, "Mn Mc Me".split())]
    for found, guess in zip(bert, guesses):
        print(f"Bert: {len(found)}, apart from today's: {sorted(map(hex, found ^ guess))[:20]}", file=sys.stderr)
    write("unicode_data_classes.cc", [
        ("kAges", partition(age)), ("kCategories", partition(category)), ("kCategoryChanges", "".join(changed)),
        ("kCombining", partition(combining)), ("kLower", mapping(lower_case())), ("kFolds", mapping(folds(age))),
        ("kBert", "".join(number(len(ranges(s ^ g))) + spans(s ^ g) for s, g in zip(bert, guesses))),
        ("kPropertyNames", "|".join(",".join(n) for n in names.names))])
    write("unicode_data_decompositions.cc", [("kDecompositions", decompositions(data))])
    write("unicode_data_properties.cc", [
        ("kPropertySets", "".join(number(int(r)) + number(len(ranges(s))) + spans(s) for r, s in names.sets))])


if __name__ == "__main__":
    sys.exit(main())
