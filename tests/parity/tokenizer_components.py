"""Live parity of every component and option of tokenizer files: the files of tests/jobs/tokenizer/vectors on random texts.

  tokenizer_components.py [--texts N] [--seed N]"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

import tokenizer_texts
from tokenizers import Tokenizer

sys.path.insert(0, str(tokenizer_texts.ROOT / "tests/jobs/tokenizer/vectors"))
import component_files  # noqa: E402


def answers(theirs, text):
    """Nothing where the original crashes: there is nothing to be equal to."""
    try:
        encoding = theirs.encode(text, add_special_tokens=True)
        return encoding.ids, encoding.offsets, theirs.decode(encoding.ids, skip_special_tokens=False)
    except Exception as error:
        return str(error)
    except BaseException:
        return None


def check(name, file, texts, folder):
    path = pathlib.Path(folder) / "tokenizer.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    theirs = Tokenizer.from_str(json.dumps(file))
    probe = tokenizer_texts.Probe(path, ["--special"])
    failures = 0
    for text, got in zip(texts, probe.run(texts)):
        want = answers(theirs, text)
        if want is None:
            continue
        if isinstance(want, str):
            same = "error" in got
        else:
            same = "ids" in got and "fast" not in got and got["ids"] == want[0] and got["decoded"] == want[2]
            same = same and tokenizer_texts.character_offsets(text, got["offsets"]) == want[1]
        if not same:
            failures += 1
            if failures < 3:
                print("%s: %r\n  theirs %r\n  ours   %r" % (name, text, want, got))
    probe.close()
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["RUST_BACKTRACE"] = "0"
    bases, files = component_files.files()
    parts = ["<s>", "<left>", "<right>", "<both>", "word", "THE", " b", "Über", "the", "liver", "aab"]
    texts = list(tokenizer_texts.splices(arguments.texts, arguments.seed, parts))
    with tempfile.TemporaryDirectory() as folder:
        failures = sum(check(name, {**bases[of], **change}, texts, folder) for name, (of, change) in files.items())
    print("components: %d files, %d texts each, %d differ" % (len(files), len(texts), failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
