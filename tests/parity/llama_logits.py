"""Logits of random Llama models: transformers against Orch, in both directions.

Out: models that transformers makes and saves, read by `orch-tool logits`.
Back: the same models trained for two steps by `orch-tool run`, its checkpoints loaded by transformers.
Runs with transformers 4.x and 5.x; ORCH_BIN_DIR names the programs. Exit 1 when a difference exceeds 1e-4.
Arguments: [models [seed]], or `record DIR`: writes the vectors of tests/jobs/checkpoint/data with this transformers.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

transformers.utils.logging.disable_progress_bar()
LIMIT = 1e-4
VOCABULARY = 300
TOOL = Path(os.environ.get("ORCH_BIN_DIR", Path(__file__).parents[2] / "build" / "bin")) / "orch-tool"
FIVE = int(transformers.__version__.split(".")[0]) >= 5
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
LINEAR = {"rope_type": "linear", "factor": 2.5}


def make_config(rng, number):
    """One of every option over the first few, then random ones."""
    heads = rng.choice([2, 4, 6, 8])
    scaling = [None, LLAMA3, LINEAR][number % 3]
    theta = rng.choice([10000.0, 500000.0])
    options = dict(
        vocab_size=VOCABULARY, hidden_size=heads * rng.choice([5, 16, 25, 32]), intermediate_size=rng.choice([40, 128, 352]),
        num_hidden_layers=rng.choice([1, 2, 3]), num_attention_heads=heads,
        num_key_value_heads=rng.choice([n for n in (1, 2, 4, heads) if heads % n == 0]),
        head_dim=rng.choice([8, 10, 16, 32, 64]), max_position_embeddings=256, rms_norm_eps=rng.choice([1e-5, 1e-6]),
        tie_word_embeddings=number % 2 == 0, attention_bias=number % 4 == 1, mlp_bias=number % 5 == 1,
        initializer_range=0.08, bos_token_id=1, eos_token_id=rng.choice([2, [2, 3]]))
    if FIVE:
        options["rope_parameters"] = {**(scaling or {"rope_type": "default"}), "rope_theta": theta}
    else:
        options.update(rope_theta=theta, rope_scaling=scaling)
    return LlamaConfig(**options)


def make_model(config, seed):
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # biases and norms are trivial when fresh
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def orch_logits(directory, sequences, work):
    (work / "ids.json").write_text(json.dumps(sequences))
    out = work / "logits.safetensors"
    subprocess.run([TOOL, "logits", "--model", directory, "--ids", work / "ids.json", "--output", out], check=True)
    tensors = load_file(out)
    return [tensors[f"logits.{i}"] for i in range(len(sequences))]


def worst(model, directory, sequences, work):
    mine = orch_logits(directory, sequences, work)
    with torch.no_grad():
        return max((model(torch.tensor([ids])).logits[0] - got).abs().max().item()
                   for ids, got in zip(sequences, mine))


def orch_step(directory, work, number):
    """Two training steps from `directory` by orch-tool; the new checkpoint's directory."""
    texts = work / "texts.jsonl"
    rng = random.Random(number)
    words = ["alpha", "beta", "gamma", "delta", "one", "two", "three", "of", "the", "is"]
    texts.write_text("".join(json.dumps({"text": " ".join(rng.choices(words, k=40))}) + "\n" for _ in range(200)))
    spec = {"version": 1, "name": "parity", "tasks": {
        "data": {"prepare": {"tokenizer": {"train": {"vocabulary": VOCABULARY, "special_tokens": ["<|end|>"],
                                                     "files": [str(texts)]}},
                             "sources": {"texts": {"files": [str(texts)]}}}},
        "step": {"pretrain": {"data": "@data", "checkpoint": str(directory), "mixture": {"texts": 1}, "steps": 2,
                              "window": 32, "batch_windows": 4, "shards": 2, "seed": number,
                              "optimizer": {"lr": 1e-3}}}}}
    (work / "spec.yaml").write_text(json.dumps(spec))  # JSON is YAML
    out = work / "run"
    subprocess.run([TOOL, "run", "--spec", work / "spec.yaml", "--task", "step", "--output", out], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = sorted(path.parent for path in (out / "step").rglob("config.json"))
    return found[-1]


def record(folder):
    """Two tiny models, their ids and logits, in DIR/transformers-VERSION-{0,1}."""
    for number, scaling in enumerate([LLAMA3, None]):
        options = dict(vocab_size=48, hidden_size=20, intermediate_size=28, num_hidden_layers=2, num_attention_heads=4,
                       num_key_value_heads=2, head_dim=6, max_position_embeddings=256, rms_norm_eps=1e-5,
                       tie_word_embeddings=number == 0, attention_bias=number == 0, mlp_bias=number == 1,
                       initializer_range=0.3)
        if FIVE:
            options["rope_parameters"] = {**(scaling or {"rope_type": "default"}), "rope_theta": 500000.0}
        else:
            options.update(rope_theta=500000.0, rope_scaling=scaling)
        model = make_model(LlamaConfig(**options), number)
        directory = folder / f"transformers-{transformers.__version__}-{number}"
        model.save_pretrained(directory)
        ids = [(7 * i * i + 3 * i + number) % 48 for i in range(48)]
        (directory / "ids.json").write_text(json.dumps([ids]) + "\n")
        with torch.no_grad():
            save_file({"logits.0": model(torch.tensor([ids])).logits[0].contiguous()},
                      directory / "expected.safetensors")


def main():
    if sys.argv[1:2] == ["record"]:
        return record(Path(sys.argv[2]))
    models = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    failed = 0
    for number in range(models):
        with tempfile.TemporaryDirectory(prefix="orch-parity-") as folder:
            work = Path(folder)
            config = make_config(rng, number)
            model = make_model(config, number)
            model.save_pretrained(work / "model")
            sequences = [[rng.randrange(VOCABULARY) for _ in range(n)] for n in (1, 7, 33, 200)]
            out = worst(model, work / "model", sequences, work)
            back, keys = float("nan"), "not run"
            if number < 6:
                saved = orch_step(work / "model", work, number)
                loaded, info = LlamaForCausalLM.from_pretrained(saved, output_loading_info=True)
                keys = "clean" if not any(info[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")) else str(info)
                same = all(getattr(loaded.config, k) == getattr(config, k) for k in
                           ("hidden_size", "head_dim", "num_key_value_heads", "attention_bias", "mlp_bias",
                            "tie_word_embeddings", "rms_norm_eps", "eos_token_id"))
                keys = keys if same else "another configuration"
                back = worst(loaded.float().eval(), saved, sequences, work)
            bad = not out <= LIMIT or (number < 6 and not (back <= LIMIT and keys == "clean"))
            failed += bad
            print(json.dumps({"parity": "llama_logits", "transformers": transformers.__version__, "model": number,
                              "tied": config.tie_word_embeddings, "heads": config.num_attention_heads,
                              "kv": config.num_key_value_heads, "head_dim": config.head_dim,
                              "bias": [config.attention_bias, config.mlp_bias], "rope": number % 3,
                              "out": out, "back": back if back == back else None, "keys": keys, "ok": not bad}))
    print(f"{models - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
