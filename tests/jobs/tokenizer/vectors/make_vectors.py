#!/usr/bin/env python3
"""Writes corpus.jsonl, trained.json (Hugging Face's trainer on it) and probes.jsonl beside this file.

Needs `pip install tokenizers==0.23.3`. `./dev parity` runs it into another folder and compares.
"""
import json
import pathlib
import random
import sys

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
WORDS = (
    "the of and liver kidney fever cough measles 12 345 6789 don't I'LL they've naïve Œdème für straße "
    "Ωmega кашель температура 咳嗽 発熱 肝臓 الكبد ๑๒๓ 😀 🫨 e\u0301 ǅ \u00a0 \u3000 ... !? (x) [y] a=b\r\n \t"
).split(" ")
PIECES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "a", "A", "1", "'", "'s", "'LL", "'ſ", "don't", "I'VE"]
PIECES += ["é", "日本", "!", "...", "<|endoftext|>", "<|end", "\x85", "\x0b", "ǅ", "１２３４", "٣", "\u0301", "😀", "🫨"]


def main(folder):
    rng = random.Random(20)
    texts = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 30))) for _ in range(150)]
    texts += ["", "\n\n", "abababab" * 5, "x" * 40]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=450,
        min_frequency=2,
        special_tokens=["<|endoftext|>", "<|turn|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    probes = ["".join(rng.choice(PIECES) for _ in range(rng.randint(1, 10))) for _ in range(400)]
    probes += ["a" * 300, " " * 50, "ab" * 100, "\n \n" * 20, "kidney liver" * 20, "x" * 33, "x" * 32]
    with open(folder / "corpus.jsonl", "w", encoding="utf-8") as out:
        for text in texts:
            out.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    with open(folder / "probes.jsonl", "w", encoding="utf-8") as out:
        for probe in probes:
            ids = tokenizer.encode(probe).ids
            row = {"text": probe, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    tokenizer.save(str(folder / "trained.json"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
