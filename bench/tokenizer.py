#!/usr/bin/env python3
"""Tokenizers against Hugging Face `tokenizers`, in the same run, interleaved; the figure of each side is its median over
rounds, and each round begins with cold caches. The oracle runs on one thread, by encode() and by encode_batch(), and its
better counts. Texts are 4 kB documents of what lies in shared/data and of this repository's own sources, each byte once
(`distinct_bytes`): nothing is repeated. JSON lines.

Rows: encode (one thread), threads (two against one, and what two processes that share nothing reach), worst and growth
(runs of one character; the oracle once, unless it fails or takes over a minute), start (process start to first id),
stream (memory while reading from a pipe; ORCH_BENCH_STREAM_GB, default 1), decode."""
import concurrent.futures
import csv
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BIN = pathlib.Path(os.environ.get("ORCH_BIN_DIR", ROOT / "build/bin"))
PYTHON = pathlib.Path(os.environ.get("ORCH_PREFIX", ROOT / ".orch")) / "parity/bin/python"
DATA = pathlib.Path(os.environ.get("ORCH_SHARED_DATA", ROOT.parent / "shared/data"))
ROUNDS = int(os.environ.get("ORCH_BENCH_ROUNDS", "5"))
STREAM_GB = float(os.environ.get("ORCH_BENCH_STREAM_GB", "1"))
MODELS = ("llama3", "qwen3", "llama2")
DOCUMENT_BYTES = 4096
ORACLE_SECONDS = 60


def tool(*arguments, **options):
    return subprocess.run([str(BIN / "orch-tool"), *map(str, arguments)], check=True, capture_output=True, **options)


def report(**line):
    print(json.dumps({"bench": "tokenizer", **line}), flush=True)


# Texts.

def language(text):
    def share(pattern):
        return len(re.findall(pattern, text)) / max(1, len(text))
    if share("[\u3040-\u30ff]") > 0.02:
        return "ja"
    if share("[\u4e00-\u9fff]") > 0.05:
        return "zh"
    return "ru" if share("[\u0400-\u04ff]") > 0.05 else None


def texts():
    found = {}
    for row in list(csv.reader(open(DATA / "meds_ins_dev/rationale_even_rows.csv")))[1:]:
        for field in row[2:]:
            if language(field):
                found.setdefault(language(field), []).append(field)
    for part in ("train", "test", "dev"):
        for item in json.load(open(DATA / f"frenchmedmcqa/{part}.json")):
            found.setdefault("fr", []).append("\n".join([item["question"], *item["answers"].values()]))
        for exam in json.load(open(DATA / f"headqa/es/{part}_HEAD.json"))["exams"].values():
            for item in exam["data"]:
                found.setdefault("es", []).append("\n".join([item["qtext"], *(a["atext"] for a in item["answers"])]))
    found["en"] = [(DATA / "wikitext2" / name).read_text() for name in ("test.txt", "valid.txt")]
    found["en"] += [json.loads(line)["question"] for line in open(DATA / "medmcqa/validation.jsonl")]
    sources = subprocess.run(["git", "ls-files", "*.cc", "*.h", "*.py", "*.sh"], cwd=ROOT, capture_output=True,
                             text=True, check=True).stdout.split()
    found["code"] = [(ROOT / name).read_text() for name in sources if (ROOT / name).is_file()]
    return {name: "\n".join(parts) for name, parts in sorted(found.items())}


def documents(text):
    data, begin, out = text.encode(), 0, []
    while begin < len(data):
        end = min(begin + DOCUMENT_BYTES, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1
        out.append(data[begin:end].decode())
        begin = end
    return out


def write(path, docs):
    with open(path, "w") as file:
        for text in docs:
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")


# Both sides.

def oracle_of(model):
    import tokenizers
    return tokenizers.Tokenizer.from_file(str(DATA / f"tokenizers/{model}/tokenizer.json"))


def oracle_seconds(model, docs):
    """The better of one call a document and one call for all, each with a tokenizer that has seen nothing."""
    best, tokens = float("inf"), 0
    for batch in (False, True):
        oracle = oracle_of(model)
        began = time.perf_counter()
        if batch:
            made = oracle.encode_batch(docs, add_special_tokens=False)
        else:
            made = [oracle.encode(text, add_special_tokens=False) for text in docs]
        best = min(best, time.perf_counter() - began)
        tokens = sum(len(one.ids) for one in made)
    return best, tokens


def our_counts(folder, path, threads=1):
    return json.loads(tool("tokenize", "--tokenizer", folder, "--threads", threads, "--count", path).stdout)


def compare(row, model, folder, name, docs, work, rounds):
    path = work / "documents.jsonl"
    write(path, docs)
    size = sum(len(text.encode()) for text in docs)
    ours, theirs, tokens = [], [], None
    for _ in range(rounds):
        counts = our_counts(folder, path)
        ours.append(counts["seconds"])
        seconds, tokens = oracle_seconds(model, docs)
        theirs.append(seconds)
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    report(row=row, tokenizer=model, text=name, distinct_bytes=size, mb_per_s=round(size / ours / 1e6, 1),
           oracle_mb_per_s=round(size / theirs / 1e6, 2), times_oracle=round(theirs / ours, 1),
           same_tokens=counts["tokens"] == tokens, rounds=rounds)


def threads(model, folder, docs, work):
    path = work / "documents.jsonl"
    write(path, docs)
    one, two, apart = [], [], []
    for _ in range(ROUNDS):
        one.append(our_counts(folder, path, 1)["seconds"])
        two.append(our_counts(folder, path, 2)["seconds"])
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            both = pool.map(lambda _: our_counts(folder, path)["seconds"], range(2))
            apart.append(statistics.mean(both))
    report(row="threads", tokenizer=model, distinct_bytes=sum(len(d.encode()) for d in docs),
           seconds_one=statistics.median(one), seconds_two=statistics.median(two),
           times_one=round(statistics.median(one) / statistics.median(two), 2),
           two_processes_times_one=round(2 * statistics.median(one) / statistics.median(apart), 2),
           cores=os.cpu_count(), rounds=ROUNDS)


def oracle_alone(model, path):
    """Seconds, tokens and "" in a process of its own; None twice and why where it fails or is given up after a minute."""
    try:
        done = subprocess.run([sys.executable, __file__, "--oracle", model, path], capture_output=True, text=True,
                              timeout=ORACLE_SECONDS + 10)
    except subprocess.TimeoutExpired:
        return None, None, f"given up after {ORACLE_SECONDS} s"
    if done.returncode != 0:
        return None, None, done.stderr.strip().split("\n")[-1]
    return *json.loads(done.stdout), ""


def worst(model, folder, work):
    rng, path = random.Random(4), work / "documents.jsonl"
    sizes = (1, 16)
    kinds = {"letter": lambda n: "a" * n, "spaces": lambda n: " " * n, "digits": lambda n: "7" * n,
             "emoji": lambda n: "\U0001F600" * (n // 4),
             "random letters": lambda n: "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=n))}
    for name, make in kinds.items():
        ours = {}
        for megabytes in sizes:
            write(path, [make(megabytes << 20)])
            counts = [our_counts(folder, path) for _ in range(ROUNDS)]
            ours[megabytes] = statistics.median(one["seconds"] for one in counts)
            theirs, tokens, gave_up = oracle_alone(model, path)
            report(row="worst", tokenizer=model, text=f"{megabytes} MB of {name}", seconds=round(ours[megabytes], 4),
                   oracle_seconds=theirs and round(theirs, 3), oracle_gave_up=gave_up or None,
                   times_oracle=theirs and round(theirs / ours[megabytes], 1),
                   same_tokens=tokens and counts[0]["tokens"] == tokens, rounds=ROUNDS)
        n, m = (size << 20 for size in reversed(sizes))
        report(row="growth", tokenizer=model, text=name, times=round(ours[sizes[1]] / ours[sizes[0]], 1),
               n_log_n=round(n * math.log(n) / (m * math.log(m)), 1))


def start(folder):
    kept = folder / "tokenizer.json.orch-cache"
    cold, warm = [], []
    for _ in range(ROUNDS):
        kept.unlink(missing_ok=True)
        for times in (cold, warm):
            began = time.perf_counter()
            tool("tokenize", "--tokenizer", folder, "-", input=b'{"text": "hello"}\n')
            times.append(time.perf_counter() - began)
    report(row="start", tokenizer=folder.name, cold_ms=round(statistics.median(cold) * 1e3, 1),
           cold_writes_cache=True, from_cache_ms=round(statistics.median(warm) * 1e3, 1), rounds=ROUNDS)


def peak_mib(pid):
    """Of the program alone: a child's ru_maxrss counts what its parent had before the program was there. 0 at its end."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0


def stream(folder, docs):
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in docs).encode()
    peaks = []
    for total in (0, int(STREAM_GB * 1e9)):
        process = subprocess.Popen([str(BIN / "orch-tool"), "tokenize", "--tokenizer", str(folder), "-"],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for _ in range(total // len(lines) if total else 0):
            process.stdin.write(lines)
        if not total:
            process.stdin.write(b'{"text": "hello"}\n')
        process.stdin.flush()
        time.sleep(1)
        peak = peak_mib(process.pid)
        process.stdin.close()
        while process.poll() is None:
            peak = max(peak, peak_mib(process.pid))
            time.sleep(0.01)
        assert process.returncode == 0
        peaks.append(peak)
    report(row="stream", tokenizer=folder.name, gigabytes=STREAM_GB, peak_mib=round(peaks[1]),
           of_which_tokenizer_mib=round(peaks[0]), beyond_mib=round(peaks[1] - peaks[0]))


def decode(model, folder, docs, work):
    path, ids = work / "documents.jsonl", work / "ids.jsonl"
    write(path, docs)
    ids.write_bytes(tool("tokenize", "--tokenizer", folder, path).stdout)
    listed = [json.loads(line)["ids"] for line in open(ids)]
    oracle = oracle_of(model)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        counts = json.loads(tool("detokenize", "--tokenizer", folder, "--count", ids).stdout)
        ours.append(counts["bytes"] / counts["seconds"] / 1e6)
        began = time.perf_counter()
        for one in listed:
            oracle.decode(one, skip_special_tokens=False)
        theirs.append(counts["bytes"] / (time.perf_counter() - began) / 1e6)
    report(row="decode", tokenizer=model, mb_per_s=round(statistics.median(ours)),
           oracle_mb_per_s=round(statistics.median(theirs), 1), rounds=ROUNDS)


def main():
    if not DATA.is_dir():
        report(skipped=f"no {DATA}: the vocabularies and texts lie there")
        return
    os.environ.update(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")
    try:
        import tokenizers
    except ImportError:
        if not PYTHON.exists() or os.environ.get("ORCH_BENCH_PEER"):
            report(skipped="no `tokenizers` to compare with")
            return
        os.environ["ORCH_BENCH_PEER"] = "1"
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    if sys.argv[1:2] == ["--oracle"]:
        print(json.dumps(oracle_seconds(sys.argv[2], [json.loads(line)["text"] for line in open(sys.argv[3])])))
        return
    report(row="oracle", version=tokenizers.__version__, threads=1)
    found = {name: documents(text) for name, text in texts().items()}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for model in MODELS:
            at = work / model
            shutil.copytree(DATA / f"tokenizers/{model}", at)
            at.chmod(0o755)
            for name, docs in found.items():
                compare("encode", model, at, name, docs, work, ROUNDS)
            decode(model, at, found["en"] + found["zh"], work)
        every = [text for docs in found.values() for text in docs]
        threads("llama3", work / "llama3", every, work)
        start(work / "llama3")
        stream(work / "llama3", every)
        for model in MODELS:
            worst(model, work / model, work)


if __name__ == "__main__":
    main()
