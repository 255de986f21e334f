"""Records components.jsonl with Hugging Face tokenizers 0.23.3: the bases, then one line a file with what it gives for
each text: ids, offsets in bytes, decoded text; with special tokens added by the post-processor."""
import json
import pathlib

import component_files
from tokenizers import Tokenizer, __version__


def byte_offsets(text, offsets):
    starts = [0]
    for c in text:
        starts.append(starts[-1] + len(c.encode()))
    return [[starts[begin], starts[end]] for begin, end in offsets]


def probe(tokenizer, text):
    try:
        encoding = tokenizer.encode(text, add_special_tokens=True)
        decoded = [tokenizer.decode(encoding.ids, skip_special_tokens=skip) for skip in (False, True)]
    except Exception:
        return {"text": text, "error": True}
    except BaseException:  # the original crashes: there is nothing to be equal to
        return {"text": text}
    return {"text": text, "ids": encoding.ids, "offsets": byte_offsets(text, encoding.offsets), "decoded": decoded}


def merge_patch(before, after):
    """What RFC 7396 needs to make the one into the other; a key that is gone becomes null."""
    patch = {key: None for key in before if key not in after}
    for key, value in after.items():
        if key in before and isinstance(value, dict) and isinstance(before[key], dict):
            value = merge_patch(before[key], value)
            if not value:
                continue
        elif key in before and before[key] == value:
            continue
        patch[key] = value
    return patch


def main():
    assert __version__ == "0.23.3", __version__
    bases, files = component_files.files()
    out = pathlib.Path(__file__).resolve().parent / "components.jsonl"
    with open(out, "w", encoding="utf-8") as sink:
        row = lambda value: sink.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
        for name, base in bases.items():
            row({"base": name, "file": base})
        for name, (base, parts) in files.items():
            tokenizer = Tokenizer.from_str(json.dumps({**bases[base], **parts}))
            patch = merge_patch(bases[base], {**bases[base], **parts})
            texts = component_files.TEXTS
            row({"name": name, "of": base, "patch": patch, "probes": [probe(tokenizer, text) for text in texts]})


if __name__ == "__main__":
    main()
