"""Live parity with Hugging Face `tokenizers` and `transformers`: merges learnt from the same corpus, ids and text of
mixed and random input, and the ids that a checkpoint's chat_template.jinja gives for a conversation."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = os.path.join(os.environ.get("ORCH_BIN_DIR", str(ROOT / "build/bin")), "orch-tool")
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TURNS = {"user_prefix": "Human: \n", "user_suffix": "\n\n", "assistant_prefix": "Assistant: \n"}
SPEC = """
version: 1
name: parity
tasks:
  world:
    command: {argv: ["synthmed", "--seed", "5", "--editions", "2"]}
  data:
    prepare:
      tokenizer: {train: {vocabulary: 1500, special_tokens: ["<|endoftext|>"], files: ["@world/tokenizer.jsonl"]}}
      sources: {general: {files: ["@world/general.jsonl"]}}
  base:
    pretrain:
      data: "@data"
      mixture: {general: 1}
      model: {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 2}
      steps: 1
      window: 64
      batch_windows: 4
  turns:
    instruct:
      data: "@data"
      checkpoint: "@base"
      rows: "@world/instruct-train.jsonl"
      template: {user_prefix: "Human: \\n", user_suffix: "\\n\\n", assistant_prefix: "Assistant: \\n"}
      steps: 1
      window: 64
      batch_windows: 4
"""
PIECES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "a", "A", "1", "'", "'s", "'LL", "'ſ", "don't", "I'VE", "é"]
PIECES += ["日本", "!", "...", "<|endoftext|>", "<|end", "\x85", "\x0b", "ǅ", "１２３４", "٣", "\u0301", "😀", "🫨", "kidney"]


def encode(tokenizer, texts, folder):
    lines = folder / "texts.jsonl"
    lines.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts), encoding="utf-8")
    done = subprocess.run([TOOL, "tokenize", "--tokenizer", str(tokenizer), str(lines)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("orch-tool tokenize: " + done.stderr)
    return [json.loads(line)["ids"] for line in done.stdout.splitlines()]


def newest(folder):
    return sorted(folder.glob("step-*"))[-1]


def check_merges(folder):
    texts = [json.loads(line)["text"] for line in open(folder / "world/tokenizer.jsonl", encoding="utf-8")]
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    theirs.decoder = decoders.ByteLevel()
    theirs.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=1500,
            min_frequency=2,
            special_tokens=["<|endoftext|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    ours = json.loads((folder / "data/tokenizer.json").read_text(encoding="utf-8"))["model"]
    model = json.loads(theirs.to_str())["model"]
    return ours["vocab"] == model["vocab"] and ours["merges"] == [list(pair) for pair in model["merges"]]


def check_ids(folder):
    rng = random.Random(1)
    texts = [chr(c) for c in range(0x20, 0x30000) if not 0xD800 <= c < 0xE000]
    texts = ["".join(texts[i : i + 40]) for i in range(0, len(texts), 40)]
    texts += ["".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12))) for _ in range(20000)]
    theirs = Tokenizer.from_file(str(folder / "data/tokenizer.json"))
    expected = [encoding.ids for encoding in theirs.encode_batch(texts, add_special_tokens=False)]
    got = encode(folder / "data", texts, folder)
    return [text for text, a, b in zip(texts, got, expected) if a != b], len(texts)


def check_turns(folder):
    checkpoint = newest(folder / "turns")
    theirs = AutoTokenizer.from_pretrained(checkpoint)
    rows = [json.loads(line) for line in open(folder / "world/instruct-test.jsonl", encoding="utf-8")][:200]
    rows.append({"prompt": "Naïve 'quotes' \\ {{ x }}?\n\n", "answer": "日本"})
    expected, prompts = [], []
    for row in rows:
        turns = [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["answer"]}]
        options = {"tokenize": True, "return_dict": False}
        expected.append(theirs.apply_chat_template(turns, **options))
        expected.append(theirs.apply_chat_template(turns[:1], add_generation_prompt=True, **options))
        prompt = TURNS["user_prefix"] + row["prompt"] + TURNS["user_suffix"] + TURNS["assistant_prefix"]
        prompts += [prompt + row["answer"] + theirs.eos_token, prompt]
    got = encode(checkpoint, prompts, folder)
    return [text for text, a, b in zip(prompts, got, expected) if a != b], len(prompts)


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "run"
        spec = pathlib.Path(temporary) / "spec.yaml"
        spec.write_text(SPEC)
        command = [TOOL, "run", "--spec", str(spec), "--ranks", "1", "--output", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit("orch-tool run: " + done.stderr)
        merges = check_merges(folder)
        print("merges learnt from the same corpus: %s" % ("identical" if merges else "DIFFERENT"))
        wrong_ids, ids = check_ids(folder)
        print("ids: %d of %d texts differ %s" % (len(wrong_ids), ids, [text[:40] for text in wrong_ids[:3]]))
        wrong_turns, turns = check_turns(folder)
        print("chat template: %d of %d differ %s" % (len(wrong_turns), turns, wrong_turns[:2]))
        return 0 if merges and not wrong_ids and not wrong_turns else 1


if __name__ == "__main__":
    sys.exit(main())
