#!/usr/bin/env python3
"""Writes train.jsonl beside this file: what Hugging Face's BpeTrainer makes of small corpora full of ties.

Needs `pip install tokenizers==0.23.3`. A line: the settings, the documents, and the tokens by id and the merges.
"""
import json
import pathlib
import random
import sys

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
SPECIAL = "<|endoftext|>"


def main(folder):
    trained = json.loads((HERE / "trained.json").read_text("utf-8"))
    pattern = trained["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    lines = []
    for seed in range(40):
        rng = random.Random(seed)
        letters = rng.choice(["ab", "abc", "abcd", "aé日b", "ab 1", "abcdefgh \n", "aaab"])
        texts = ["".join(rng.choices(letters, k=rng.randint(0, rng.choice([5, 30, 120])))) for _ in range(rng.randint(1, 25))]
        initial = rng.choice([None, "", "ab", "Ġabcxyz"])
        # Which of equally frequent characters a limit drops is not defined by the original; none of these cuts ties.
        limit = rng.choice([None, 256]) if initial is None else None
        vocabulary, frequency = rng.choice([300, 400] if initial is None else [40, 80]), rng.choice([0, 1, 2, 3])
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        alphabet = pre_tokenizers.ByteLevel.alphabet() if initial is None else list(initial)
        options = {} if limit is None else {"limit_alphabet": limit}
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary,
            min_frequency=frequency,
            special_tokens=[SPECIAL],
            initial_alphabet=alphabet,
            show_progress=False,
            **options,
        )
        tokenizer.train_from_iterator(texts, trainer)
        model = json.loads(tokenizer.to_str())["model"]
        line = {"vocabulary": vocabulary, "min_frequency": frequency, "initial": initial, "limit": limit, "texts": texts}
        tokens = sorted(model["vocab"], key=model["vocab"].get)
        line |= {"tokens": tokens if initial is not None else tokens[257:], "merges": model["merges"]}
        lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    pathlib.Path(folder, "train.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else HERE)
