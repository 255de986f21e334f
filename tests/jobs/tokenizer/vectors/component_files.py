"""Small tokenizer files that together use every component and option of the format. Each is one of five bases with some
of its parts replaced. Read by make_component_vectors.py, which records what Hugging Face `tokenizers` makes of them, and by
tests/parity/tokenizer_components.py, which compares live."""
import base64
import json
import pathlib
import struct

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).resolve().parent
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'\"()[]<>|#_-/ \n\t▁éüßñ日本語中"


def token(content, **flags):
    out = {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {**out, "special": False, **flags}


def with_ids(base, tokens):
    """Ids as the original assigns them."""
    vocabulary = base["model"]["vocab"]
    if isinstance(vocabulary, list):
        vocabulary = {entry[0]: i for i, entry in enumerate(vocabulary)}
    next_id, out = len(base["model"]["vocab"]), []
    for one in tokens:
        one = dict(one)
        if one["content"] in vocabulary:
            one["id"] = vocabulary[one["content"]]
        else:
            one["id"] = next_id
            next_id += 1
        out.append(one)
    return out


def corpus():
    return [json.loads(line)["text"] for line in (HERE / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]


def plain(model, **parts):
    out = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None}
    return {**out, "pre_tokenizer": None, "post_processor": None, "decoder": None, "model": model, **parts}


def bases():
    tokens = ["<unk>"] + ["<0x%02X>" % b for b in range(256)] + list(LETTERS)
    merges = [["t", "h"], ["th", "e"], ["▁", "the"], ["a", "a"], ["aa", "a"], ["▁", "a"], ["i", "n"], ["日", "本"], [" ", " "]]
    merges += [["a", "b"], ["b", "c"], ["ab", "c"], ["'", "s"], ["▁", "▁"]]
    tokens += [left + right for left, right in merges]
    characters = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None}
    characters.update(end_of_word_suffix=None, fuse_unk=True, byte_fallback=True, ignore_merges=False)
    characters.update(vocab={t: i for i, t in enumerate(tokens)}, merges=merges)
    trained = json.loads((HERE / "trained.json").read_text(encoding="utf-8"))["model"]
    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.NFKC()
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=160, unk_token="<unk>", special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    unigram.train_from_iterator(corpus(), trainer)
    pieces = json.loads(unigram.to_str())["model"]
    words = ["[UNK]", "[CLS]", "[SEP]", "the", "kid", "##ney", "un", "##aff", "##able", "a", "##a", "##b", "b", "c", "!", "日", "本", ","]
    words += ["##" + c for c in "cdefgxyz"] + list("xyz") + ["e", "liver", "1", "##1", "."]
    piece = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 12}
    piece["vocab"] = {t: i for i, t in enumerate(words)}
    level = {"type": "WordLevel", "vocab": {t: i for i, t in enumerate(["<unk>", "the", "a", "b", "liver", "日本", "!", " "])}}
    level["unk_token"] = "<unk>"
    return {
        "characters": plain(characters),
        "bytes": plain(trained),
        "unigram": plain(pieces, pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}),
        "pieces": plain(piece, pre_tokenizer={"type": "BertPreTokenizer"}),
        "words": plain(level, pre_tokenizer={"type": "Whitespace"}),
    }


def charsmap(rules):
    """The blob of a Precompiled normalizer: a double array trie and the replacements it points to."""
    texts, blob = {}, b""
    for source, target in sorted(rules.items()):
        texts[source.encode()] = len(blob)
        blob += target.encode() + b"\0"
    units, used = [0] * 1024, {0}

    def place(node, prefix):
        children = sorted({key[len(prefix)] for key in texts if key.startswith(prefix) and len(key) > len(prefix)})
        leaf = prefix in texts
        codes = children + ([0] if leaf else [])
        base = next(b for b in range(1, 1024) if all((b ^ c) not in used for c in codes) and (node ^ b) < 1 << 21)
        used.update(base ^ c for c in codes)
        units[node] |= (node ^ base) << 10 | (leaf << 8)
        if leaf:
            units[base] = texts[prefix] | 1 << 31
        for c in children:
            units[base ^ c] |= c
        for c in children:
            place(base ^ c, prefix + bytes([c]))

    place(0, b"")
    trie = struct.pack("<1024I", *units)
    return base64.b64encode(struct.pack("<I", len(trie)) + trie + blob).decode()


def normalizer_files():
    simple = ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel"]
    out = {"normalizer " + name: {"type": name} for name in simple}
    for left in (False, True):
        for right in (False, True):
            out["normalizer Strip %d%d" % (left, right)] = {"type": "Strip", "strip_left": left, "strip_right": right}
    out["normalizer Prepend"] = {"type": "Prepend", "prepend": "▁"}
    out["normalizer Prepend two"] = {"type": "Prepend", "prepend": "éa"}
    out["normalizer Prepend nothing"] = {"type": "Prepend", "prepend": ""}
    for name, pattern, content in [
        ("string", {"String": " "}, "▁"),
        ("longer", {"String": "a"}, "日x"),
        ("away", {"String": "the"}, ""),
        ("nothing", {"String": ""}, "-"),
        ("regex", {"Regex": r"\s+"}, " "),
        ("start", {"Regex": "^"}, "▁"),
        ("empty", {"Regex": "x*"}, "-"),
        ("groups", {"Regex": r"(?<=a)b|[0-9]{2}"}, "<>"),
    ]:
        out["normalizer Replace " + name] = {"type": "Replace", "pattern": pattern, "content": content}
    for clean in (False, True):
        for chinese in (False, True):
            for accents in (None, False, True):
                for lower in (False, True):
                    spec = {"clean_text": clean, "handle_chinese_chars": chinese, "strip_accents": accents, "lowercase": lower}
                    out["normalizer Bert %d%d%s%d" % (clean, chinese, accents, lower)] = {"type": "BertNormalizer", **spec}
    rules = {"ﬁ": "fi", "é": "e", "Ａ": "A", "①": "1", "e\u0301": "E", "\u3000": " ", "ß": "ss", "日本": "J", "\u200b": ""}
    out["normalizer Precompiled"] = {"type": "Precompiled", "precompiled_charsmap": charsmap(rules)}
    prepend, spaces = {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    lists = {
        "llama": [prepend, spaces],
        "strip then NFD": [{"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "NFD"}],
        "NFD accents NFC": [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "NFC"}],
        "start then NFC": [out["normalizer Replace start"], {"type": "NFC"}],
        "start then lower": [out["normalizer Replace start"], {"type": "Lowercase"}, {"type": "NFKD"}],
        "nested": [{"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]}, spaces],
        "empty": [],
    }
    for name, parts in lists.items():
        out["normalizer Sequence " + name] = {"type": "Sequence", "normalizers": parts}
    return {name: ("characters", {"normalizer": spec}) for name, spec in out.items()}


def pre_tokenizer_files():
    out = {}
    for name in ["Whitespace", "WhitespaceSplit", "BertPreTokenizer", "UnicodeScripts"]:
        out[name] = {"type": name}
    for each in (False, True):
        out["Digits %d" % each] = {"type": "Digits", "individual_digits": each}
    out["CharDelimiterSplit"] = {"type": "CharDelimiterSplit", "delimiter": "a"}
    out["CharDelimiterSplit wide"] = {"type": "CharDelimiterSplit", "delimiter": "日"}
    out["FixedLength"] = {"type": "FixedLength", "length": 3}
    for behavior in BEHAVIORS:
        out["Punctuation " + behavior] = {"type": "Punctuation", "behavior": behavior}
        for invert in (False, True):
            for kind, text in [("String", "a"), ("Regex", "[ab]+"), ("Regex", r"\s|(?=b)"), ("String", "")]:
                name = "Split %s %d %s" % (behavior, invert, kind + " " + text)
                out[name] = {"type": "Split", "pattern": {kind: text}, "behavior": behavior, "invert": invert}
    for scheme in ["always", "first", "never"]:
        for split in (False, True):
            spec = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}
            out["Metaspace %s %d" % (scheme, split)] = spec
    out["Metaspace other"] = {"type": "Metaspace", "replacement": "_", "add_prefix_space": True, "prepend_scheme": "always"}
    out["Sequence empty"] = {"type": "Sequence", "pretokenizers": []}
    parts = [{"type": "WhitespaceSplit"}, out["Metaspace first 1"], out["Digits 1"], out["Punctuation Isolated"]]
    out["Sequence"] = {"type": "Sequence", "pretokenizers": parts}
    files = {"pre_tokenizer " + name: ("characters", {"pre_tokenizer": spec}) for name, spec in out.items()}
    for prefix in (False, True):
        for regex in (False, True):
            spec = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}
            files["pre_tokenizer ByteLevel %d%d" % (prefix, regex)] = ("bytes", {"pre_tokenizer": spec})
    split = {"type": "Split", "pattern": {"Regex": LLAMA3}, "behavior": "Removed", "invert": True}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    files["pre_tokenizer Llama 3"] = ("bytes", {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]}})
    return files


def model_files(base):
    characters = base["characters"]["model"]
    out = {}
    for fuse in (False, True):
        for fallback in (False, True):
            for unk in ("<unk>", None, "nowhere"):
                change = {"fuse_unk": fuse, "byte_fallback": fallback, "unk_token": unk}
                out["model BPE %d%d %s" % (fuse, fallback, unk)] = ("characters", {"model": {**characters, **change}})
    vocabulary = {t: i for i, t in enumerate(["<unk>", "a", "b", "##a", "##b", "a</w>", "##b</w>", "b</w>", "##a</w>", "ab", "ab</w>", "##ab"])}
    vocabulary.update({"aab</w>": 12, "ba": 13})
    affixes = {**characters, "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>", "vocab": vocabulary}
    affixes.update(merges=["#version: 0.2", "a ##b", "a ##b</w>", "##a ##b", "b ##a", "a ##b"], byte_fallback=False)
    space = {"pre_tokenizer": {"type": "WhitespaceSplit"}}
    out["model BPE affixes"] = ("characters", {"model": affixes, "decoder": {"type": "BPEDecoder", "suffix": "</w>"}, **space})
    whole = {**characters, "ignore_merges": True, "vocab": {**characters["vocab"], "liver": 500, "the!": 501}}
    out["model BPE ignore_merges"] = ("characters", {"model": whole, **space})
    untyped = {key: value for key, value in characters.items() if key != "type"}
    out["model without type"] = ("characters", {"model": untyped})
    twice = {**characters, "merges": characters["merges"] + [["a", "a"], ["t", "h"]]}
    out["model BPE merge twice"] = ("characters", {"model": twice})
    unigram = base["unigram"]["model"]
    out["model Unigram"] = ("unigram", {})
    fallback = {**unigram, "byte_fallback": True, "vocab": unigram["vocab"] + [["<0x%02X>" % b, -20.0] for b in range(256)]}
    out["model Unigram bytes"] = ("unigram", {"model": fallback})
    out["model Unigram no unk"] = ("unigram", {"model": {**unigram, "unk_id": None}})
    out["model Unigram twice"] = ("unigram", {"model": {**unigram, "vocab": unigram["vocab"] + [["▁the", -1.0], ["a", -0.5]]}})
    out["model WordPiece"] = ("pieces", {})
    piece = base["pieces"]["model"]
    out["model WordPiece no unk"] = ("pieces", {"model": {**piece, "unk_token": "nowhere"}})
    out["model WordPiece prefix"] = ("pieces", {"model": {**piece, "continuing_subword_prefix": ""}})
    out["model WordLevel"] = ("words", {})
    out["model WordLevel no unk"] = ("words", {"model": {**base["words"]["model"], "unk_token": "nowhere"}})
    return out


def added_files(base):
    tokens = [token("<s>", special=True), token("<left>", lstrip=True), token("<right>", rstrip=True, special=True)]
    tokens += [token("<both>", lstrip=True, rstrip=True), token("word", single_word=True), token("THE", normalized=True)]
    tokens += [token("<s><s>"), token(" b", lstrip=True), token("Über", normalized=True, single_word=True, special=True), token("  ")]
    lower, llama = {"type": "Lowercase"}, {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}]}
    out = {}
    for name, kind, parts in [
        ("plain", "characters", {}),
        ("lower", "characters", {"normalizer": lower}),
        ("prepend", "characters", {"normalizer": llama}),
        ("metaspace", "unigram", {}),
        ("first", "characters", {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}}),
        ("bytes", "bytes", {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}, "decoder": {"type": "ByteLevel"}}),
    ]:
        spec = dict(parts)
        if "decoder" in spec:
            spec["decoder"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
        spec["added_tokens"] = with_ids(base[kind], tokens)
        out["added tokens " + name] = (kind, spec)
    return out


def post_processor_files(base):
    added = with_ids(base["bytes"], [token("<s>", special=True), token("</s>", special=True), token(" pad ", special=True)])
    begin, end = added[0]["id"], added[1]["id"]
    level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    special = {"<s>": {"id": "<s>", "ids": [begin], "tokens": ["<s>"]}, "two": {"id": "two", "ids": [end, begin], "tokens": ["</s>", "<s>"]}}
    a, b = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    piece = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    made = {"type": "TemplateProcessing", "single": [piece("<s>"), a, piece("two")], "pair": [a, piece("<s>"), b], "special_tokens": special}
    short = {**made, "single": [piece("<s>"), a]}
    out = {"ByteLevel": level, "ByteLevel no prefix": {**level, "add_prefix_space": False}, "Template": made}
    out["ByteLevel untrimmed"] = {**level, "trim_offsets": False}
    out["Bert"] = {"type": "BertProcessing", "cls": ["<s>", begin], "sep": ["</s>", end]}
    for trim in (False, True):
        for prefix in (False, True):
            spec = {**out["Bert"], "type": "RobertaProcessing", "trim_offsets": trim, "add_prefix_space": prefix}
            out["Roberta %d%d" % (trim, prefix)] = spec
    out["Sequence"] = {"type": "Sequence", "processors": [level, made]}
    out["Sequence after"] = {"type": "Sequence", "processors": [short, level]}
    out["Sequence two templates"] = {"type": "Sequence", "processors": [short, made]}
    out["Sequence Bert after"] = {"type": "Sequence", "processors": [made, out["Bert"]]}
    out["Template twice"] = {**made, "single": [a, piece("<s>"), a]}
    files = {}
    for name, spec in out.items():
        for prefix in (False, True):
            parts = {"post_processor": spec, "added_tokens": added, "decoder": {**level}}
            parts["pre_tokenizer"] = {**level, "add_prefix_space": prefix}
            files["post_processor %s %d" % (name, prefix)] = ("bytes", parts)
    return files


def length_files(base):
    """A cut and a filling up of each kind, with and without tokens that the post-processor adds."""
    cut = {"direction": "Right", "max_length": 6, "strategy": "LongestFirst", "stride": 0}
    fill = {"strategy": {"Fixed": 7}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 2, "pad_type_id": 0, "pad_token": "a"}
    kinds = {
        "cut": {"truncation": cut},
        "cut left": {"truncation": {**cut, "direction": "Left", "strategy": "OnlyFirst", "stride": 3}},
        "cut second": {"truncation": {**cut, "strategy": "OnlySecond"}},
        "cut to what is added": {"truncation": {**cut, "max_length": 2}},
        "cut to less": {"truncation": {**cut, "max_length": 1}},
        "cut to nothing": {"truncation": {**cut, "max_length": 0}},
        "cut, old form": {"truncation": {key: value for key, value in cut.items() if key != "direction"}},
        "fill": {"padding": fill},
        "fill left": {"padding": {**fill, "direction": "Left", "pad_to_multiple_of": 4}},
        "fill batch": {"padding": {**fill, "strategy": "BatchLongest", "pad_to_multiple_of": 3}},
        "fill none": {"padding": {**fill, "strategy": "BatchLongest", "pad_to_multiple_of": 0, "pad_id": 70000}},
        "both": {"truncation": cut, "padding": fill},
    }
    files = post_processor_files(base)
    out = {}
    for of in ["Bert 1", "ByteLevel 1", "Sequence two templates 0", "Template twice 0"]:
        kind, parts = files["post_processor " + of]
        for name, spec in kinds.items():
            out["lengths %s, %s" % (name, of)] = (kind, {**parts, **spec})
    return out


def decoder_files(base):
    strip = lambda start, stop: {"type": "Strip", "content": " ", "start": start, "stop": stop}
    space = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    out = {
        "ByteFallback": {"type": "ByteFallback"},
        "Fuse": {"type": "Fuse"},
        "Strip": {"type": "Sequence", "decoders": [{"type": "Fuse"}, strip(2, 0)]},
        "Replace": space,
        "Replace regex": {"type": "Replace", "pattern": {"Regex": "[ab]+"}, "content": "*"},
        "Llama": {"type": "Sequence", "decoders": [space, {"type": "ByteFallback"}, {"type": "Fuse"}, strip(1, 0)]},
        "WordPiece": {"type": "WordPiece", "prefix": "a", "cleanup": True},
        "WordPiece untidy": {"type": "WordPiece", "prefix": "##", "cleanup": False},
        "BPEDecoder": {"type": "BPEDecoder", "suffix": "a"},
        "CTC": {"type": "CTC", "pad_token": "b", "word_delimiter_token": "|", "cleanup": True},
        "CTC untidy": {"type": "CTC", "pad_token": "b", "word_delimiter_token": "|", "cleanup": False},
        "Sequence empty": {"type": "Sequence", "decoders": []},
        "ByteLevel": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    }
    for scheme in ["always", "first", "never"]:
        out["Metaspace " + scheme] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": True}
    added = with_ids(base["characters"], [token("<s>", special=True), token("<b>"), token("▁THE", normalized=True, special=True)])
    normalizer = {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
    parts = {"added_tokens": added, "normalizer": normalizer}
    files = {"decoder " + name: ("characters", {**parts, "decoder": spec}) for name, spec in out.items()}
    words = {"decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True}, "added_tokens": []}
    files["decoder Bert"] = ("pieces", words)
    return files


def files():
    base = bases()
    made = {**normalizer_files(), **pre_tokenizer_files(), **model_files(base), **added_files(base)}
    made.update(post_processor_files(base))
    made.update(decoder_files(base))
    made.update(length_files(base))
    return base, made


TEXTS = ["", " ", "  ", "a", "the liver", " the  kidney! ", "aaa abc ab", "Ünaffable é e\u0301 ﬁ Ａ①", "日本語 中文, 1234", "\tx\r\n y\u00a0\u3000"]
TEXTS += ["<s>the<left> a  <right>  b<both>word words THE the", "x <s><s> b  bÜber über-Über", "aab ba|b bb do not I'm . ok ?", "\u200b\u0301\x00\ufffd\x8f😀🫨\U0001f1e9\U0001f1ea"]
TEXTS += ["İIßǅ Σας", "a1b22c333 x", "<0x41><unk>▁▁a b ▁", "kidneykidneykidney un unaffable"]
