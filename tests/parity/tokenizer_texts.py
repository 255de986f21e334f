"""Live parity of ids, offsets and decoded text with Hugging Face `tokenizers`: every code point alone and after a
letter, lattices of white space, contractions, line ends, mixed scripts, added tokens side by side, real texts, random
splices. For the tokenizers of shared/data, or those named. Without --full a random part of the code points and of the
real texts, so that it takes a minute.

  tokenizer_texts.py [--full] [--splices N] [--seed N] [--special] [TOKENIZER.json or folder ...]"""
import argparse
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import threading

from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROBE = os.path.join(os.environ.get("ORCH_BIN_DIR", str(ROOT / "build/bin")), "tokenizer-probe")
SHARED = ROOT.parent / "shared/data"
SPACES = [" ", "\t", "\n", "\r", "\u00a0", "\u3000", "\u2028", "\x85", "\x0b", "\u200b"]
CONTRACTIONS = ["'s", "'S", "'t", "'re", "'RE", "'ve", "'m", "'ll", "'Ll", "'d", "'ſ", "’s", "'K", "n't", "''", "'sx"]
SCRIPTS = ["kidney", "Über", "naïve", "русский", "Ελλάδα", "ΣΑΣ", "עברית", "العربية", "हिन्दी", "ไทย", "日本語", "中文", "한국어"]
SCRIPTS += ["ǅ", "İstanbul", "ﬁne", "①②", "１２３", "٣٤", "½", "e\u0301", "\u0301", "\u200d", "👩\u200d👩\u200d👧", "🇩🇪", "🫨", "𝔘", "Ａ", "가", "각"]
OTHER = ["a", "A", "1", "12345", "0.5", "!", "...", "?!", "_", "-", "(", "[UNK]", "##", "<0x41>", "▁", "▁▁", "Ġ", "#include", "\\n"]
BATCH = 20000


def code_points():
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000:
            yield chr(c)
            yield "a" + chr(c)


def whitespace_lattice():
    for n in range(1, 5):
        for run in itertools.product(SPACES[:6], repeat=n):
            text = "".join(run)
            yield from (text, "a" + text, text + "b", "a" + text + "b") if n < 4 else ("a" + text + "b", text)


def contractions():
    for word, end in itertools.product(["I", "don", "日", "1", "", "x "], ["", " ", "a", "\n", "."]):
        for part in CONTRACTIONS:
            yield word + part + end
            yield word + part + part + end


def line_ends():
    for run in itertools.product(["\r", "\n", "\r\n", " ", "a", "!", "1"], repeat=4):
        yield "".join(run)


def scripts():
    for a, b in itertools.product(SCRIPTS + OTHER, repeat=2):
        yield a + b
        yield a + " " + b


def added_side_by_side(tokens):
    for a, b in itertools.product(tokens[:40], repeat=2):
        for between in ["", " ", "  ", "x", " x ", "\n"]:
            yield a + between + b
            yield "x" + a + between + b + "y"
    for token in tokens:
        yield from (token, token.lower(), token.upper(), " " + token + " ", token[:-1], token * 3, "a" + token + "a")


def real_texts():
    if not SHARED.is_dir():
        print("no " + str(SHARED) + ": real texts are left out")
        return
    for path in sorted(SHARED.rglob("*")):
        if path.suffix not in {".txt", ".json", ".jsonl", ".tsv", ".md", ".csv"} or "tokenizers" in path.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")[:2_000_000]
        for i in range(0, len(text), 4000):
            yield text[i : i + 4000]


def splices(count, seed, tokens):
    rng = random.Random(seed)
    sources = list(itertools.islice(real_texts(), 0, None, 37)) or ["The kidney. 日本語 text\n"]
    parts = SPACES + CONTRACTIONS + SCRIPTS + OTHER + tokens[:60] + [" ", " ", "\n", "the", " of"]
    for _ in range(count):
        pieces = []
        for _ in range(rng.randint(1, 8)):
            kind = rng.random()
            if kind < 0.7:
                pieces.append(rng.choice(parts))
            elif kind < 0.9:
                source = rng.choice(sources)
                at = rng.randrange(len(source))
                pieces.append(source[at : at + rng.randint(1, 20)])
            else:
                c = rng.randrange(0x20, rng.choice([0x250, 0x3000, 0x30000]))
                pieces.append(chr(c) if not 0xD800 <= c < 0xE000 else "?")
        yield "".join(pieces)


class Probe:
    def __init__(self, path, options):
        self.process = subprocess.Popen([PROBE, str(path), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, texts):
        """The answers, in order. Writing has its own thread: a batch is larger than a pipe."""
        data = "".join(json.dumps(text) + "\n" for text in texts).encode()
        writer = threading.Thread(target=lambda: (self.process.stdin.write(data), self.process.stdin.flush()))
        writer.start()
        answers = []
        for _ in texts:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("tokenizer-probe ended")
            answers.append(json.loads(line))
        writer.join()
        return answers

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit("tokenizer-probe failed")


def character_offsets(text, flat):
    """Byte offsets as the original turns them into offsets of characters."""
    pairs = list(zip(flat[::2], flat[1::2]))
    if text.isascii():
        return pairs
    at, n = {}, 0
    for i, c in enumerate(text):
        for _ in range(len(c.encode())):
            at[n] = i
            n += 1
    out = []
    for begin, end in pairs:
        if begin not in at:
            out.append((begin, end) if begin != n else (len(text), len(text)))
        else:
            out.append((at[begin], at[end] if end in at else at.get(end - 1, at[begin]) + 1))
    return out


def expected(theirs, text, special):
    try:
        return theirs.encode(text, add_special_tokens=special)
    except Exception as error:  # an unknown part and no token for that
        return str(error)


def some(texts, share, seed):
    rng = random.Random(seed)
    return texts if share >= 1 else (text for text in texts if rng.random() < share)


def differences(theirs, probe, texts, special, counts):
    try:
        encodings = theirs.encode_batch(texts, add_special_tokens=special)
        decoded = theirs.decode_batch([e.ids for e in encodings], skip_special_tokens=False)
        skipped = theirs.decode_batch([e.ids for e in encodings], skip_special_tokens=True)
    except Exception:
        encodings = [expected(theirs, text, special) for text in texts]
        decoded = [None if isinstance(e, str) else theirs.decode(e.ids, skip_special_tokens=False) for e in encodings]
        skipped = [None if isinstance(e, str) else theirs.decode(e.ids) for e in encodings]
    for text, e, plain, short, got in zip(texts, encodings, decoded, skipped, probe.run(texts)):
        counts["texts"] += 1
        if isinstance(e, str) or "error" in got:
            if not (isinstance(e, str) and "error" in got):
                yield "error", text, e if isinstance(e, str) else e.ids, got
            continue
        if got["ids"] != e.ids:
            yield "ids", text, e.ids, got["ids"]
        elif character_offsets(text, got["offsets"]) != e.offsets:
            yield "offsets", text, e.offsets, character_offsets(text, got["offsets"])
        if got["ids"] == e.ids and got["decoded"] != plain:
            yield "decoded", text, plain, got["decoded"]
        if got["ids"] == e.ids and got["skipped"] != short:
            yield "skipped", text, short, got["skipped"]
        if "fast" in got:
            yield "fast", text, "the ids of the pipeline", "others"
        if got["streamed"] != got["decoded"]:
            counts["streamed"] += 1


def batches(texts):
    texts = iter(texts)
    while batch := list(itertools.islice(texts, BATCH)):
        yield batch


def check(path, arguments):
    file = path / "tokenizer.json" if path.is_dir() else path
    theirs = Tokenizer.from_file(str(file))
    added = [token["content"] for token in json.loads(file.read_text(encoding="utf-8")).get("added_tokens", [])]
    sets = {
        "code points": some(code_points(), 1 if arguments.full else 0.02, arguments.seed),
        "white space": whitespace_lattice(),
        "contractions": contractions(),
        "line ends": line_ends(),
        "scripts": scripts(),
        "added tokens": added_side_by_side(added),
        "real texts": some(real_texts(), 1 if arguments.full else 0.05, arguments.seed),
        "splices": splices(arguments.splices, arguments.seed, added),
    }
    probe = Probe(file, (["--special"] if arguments.special else []) + (["--generic"] if arguments.generic else []))
    failures = 0
    for name, texts in sets.items():
        if arguments.only and name not in arguments.only:
            continue
        counts = {"texts": 0, "streamed": 0}
        kinds = {}
        for batch in batches(texts):
            for kind, text, want, got in differences(theirs, probe, batch, arguments.special, counts):
                kinds[kind] = kinds.get(kind, 0) + 1
                if kinds[kind] <= arguments.show:
                    print("  %s of %r\n    theirs %.300r\n    ours   %.300r" % (kind, text[:200], want, got))
        failures += sum(kinds.values())
        streamed = ", %d streamed otherwise" % counts["streamed"] if counts["streamed"] else ""
        print("%s: %s: %d texts, %s%s" % (path, name, counts["texts"], kinds or "identical", streamed), flush=True)
    probe.close()
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tokenizers", nargs="*", type=pathlib.Path)
    parser.add_argument("--full", action="store_true", help="every code point, all real texts")
    parser.add_argument("--splices", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--special", action="store_true")
    parser.add_argument("--generic", action="store_true", help="without the fast path")
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    paths = arguments.tokenizers or sorted(p for p in (SHARED / "tokenizers").glob("*") if p.is_dir())
    if not paths:
        print("no tokenizers in " + str(SHARED / "tokenizers") + ": nothing checked")
    return 1 if sum(check(path, arguments) for path in paths) else 0


if __name__ == "__main__":
    sys.exit(main())
