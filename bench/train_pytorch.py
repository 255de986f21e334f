"""The rival of bench/train.py: the same Llama in PyTorch eager, trained for some steps; prints seconds a step as JSON.

Written to be fast: fused attention, one concatenated product for q/k/v and for gate/up, AdamW with foreach.
Attention is plainly causal (Orch also masks document borders), so PyTorch does a little less work.
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F


def load(path, device_dtype=torch.float32):
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    tensors = {}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        begin, end = info["data_offsets"]
        flat = torch.frombuffer(data, dtype=device_dtype, offset=begin, count=(end - begin) // 4)
        tensors[name] = flat.reshape(info["shape"]).clone()
    return tensors


class Llama(torch.nn.Module):
    def __init__(self, tensors, config, length):
        super().__init__()
        self.heads = config["num_attention_heads"]
        self.kv_heads = config["num_key_value_heads"]
        self.dim = config["head_dim"]
        self.eps = config["rms_norm_eps"]
        self.layers = config["num_hidden_layers"]
        theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
        angles = torch.outer(torch.arange(length).float(), theta ** (-torch.arange(0, self.dim, 2).float() / self.dim))
        angles = torch.cat([angles, angles], -1)
        self.cos, self.sin = angles.cos(), angles.sin()
        self.p = torch.nn.ParameterDict()

        def keep(name, tensor):
            self.p[name] = torch.nn.Parameter(tensor)

        keep("embed", tensors["model.embed_tokens.weight"])
        keep("norm", tensors["model.norm.weight"])
        for i in range(self.layers):
            t = {k.removeprefix(f"model.layers.{i}."): v for k, v in tensors.items() if k.startswith(f"model.layers.{i}.")}
            keep(f"in{i}", t["input_layernorm.weight"])
            keep(f"post{i}", t["post_attention_layernorm.weight"])
            keep(f"qkv{i}", torch.cat([t[f"self_attn.{x}_proj.weight"] for x in "qkv"]))
            keep(f"o{i}", t["self_attn.o_proj.weight"])
            keep(f"gu{i}", torch.cat([t["mlp.gate_proj.weight"], t["mlp.up_proj.weight"]]))
            keep(f"down{i}", t["mlp.down_proj.weight"])

    def rope(self, x):
        half = self.dim // 2
        turned = torch.cat([-x[..., half:], x[..., :half]], -1)
        return x * self.cos + turned * self.sin

    def forward(self, ids, labels):
        b, t = ids.shape
        p = self.p
        x = F.embedding(ids, p["embed"])
        q_size, kv_size = self.heads * self.dim, self.kv_heads * self.dim
        for i in range(self.layers):
            h = F.rms_norm(x, x.shape[-1:], p[f"in{i}"], self.eps)
            q, k, v = (h @ p[f"qkv{i}"].T).split([q_size, kv_size, kv_size], -1)
            q = self.rope(q.view(b, t, self.heads, self.dim).transpose(1, 2))
            k = self.rope(k.view(b, t, self.kv_heads, self.dim).transpose(1, 2))
            v = v.view(b, t, self.kv_heads, self.dim).transpose(1, 2)
            a = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.heads != self.kv_heads)
            x = x + a.transpose(1, 2).reshape(b, t, q_size) @ p[f"o{i}"].T
            h = F.rms_norm(x, x.shape[-1:], p[f"post{i}"], self.eps)
            gate, up = (h @ p[f"gu{i}"].T).chunk(2, -1)
            x = x + (F.silu(gate) * up) @ p[f"down{i}"].T
        x = F.rms_norm(x, x.shape[-1:], p["norm"], self.eps)
        return F.cross_entropy((x @ p["embed"].T).view(b * t, -1), labels.view(-1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--windows", type=int, required=True)
    parser.add_argument("--length", type=int, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with open(f"{args.model}/config.json") as file:
        config = json.load(file)
    model = Llama(load(f"{args.model}/model.safetensors"), config, args.length)
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        lr=2e-3, betas=(0.9, 0.95), eps=1e-8, foreach=True)
    parameters = matrices + vectors
    torch.manual_seed(0)
    seconds = []
    for _ in range(args.steps):
        ids = torch.randint(0, config["vocab_size"], (args.windows, args.length + 1))
        begin = time.perf_counter()
        loss = model(ids[:, :-1].contiguous(), ids[:, 1:].contiguous())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()
        seconds.append(time.perf_counter() - begin)
    settled = seconds[len(seconds) // 5:]
    print(json.dumps({"median": statistics.median(settled), "mean": statistics.mean(settled), "torch": torch.__version__}))


main()
