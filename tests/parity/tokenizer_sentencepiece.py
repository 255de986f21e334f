"""Live parity of SentencePiece `.model` files with the library itself: small models of both types are trained, and the
ids of both compared on mixed scripts, contractions, line ends, white space, code points and random splices.

  tokenizer_sentencepiece.py [FILE.model ...]"""
import itertools
import pathlib
import sys
import tempfile

import sentencepiece
import tokenizer_texts

IDENTITY = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
NEAT = {"normalization_rule_name": "nmt_nfkc"}
SETTINGS = {
    "identity": {"model_type": "bpe", **IDENTITY, "byte_fallback": True},
    "no_prefix": {"model_type": "bpe", **IDENTITY, "add_dummy_prefix": False},
    "neat": {"model_type": "bpe", **NEAT},
    "folded": {"model_type": "bpe", "normalization_rule_name": "nmt_nfkc_cf", "byte_fallback": True},
    "user": {"model_type": "bpe", **IDENTITY, "byte_fallback": True, "user_defined_symbols": ["▁▁", "▁▁▁▁", "<p>", "<p><p>", "ney", "\n\n"]},
    "unigram": {"model_type": "unigram", **NEAT},
    "unigram_bytes": {"model_type": "unigram", **NEAT, "byte_fallback": True},
    "unigram_identity": {"model_type": "unigram", **IDENTITY, "byte_fallback": True, "add_dummy_prefix": False},
}


def train(folder):
    corpus = pathlib.Path(folder) / "corpus.txt"
    words = tokenizer_texts.SCRIPTS + ["the", "kidney", "liver", "fever", "of", "and", "cough", "12", "345"]
    lines = [" ".join(pair) for pair in itertools.permutations(words, 2)]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    for name, options in SETTINGS.items():
        prefix = str(pathlib.Path(folder) / name)
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus), model_prefix=prefix, vocab_size=500, hard_vocab_limit=False, minloglevel=2, **options
        )
        yield prefix + ".model"


def check(path):
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(path))
    ids = range(theirs.get_piece_size())
    special = [theirs.id_to_piece(i) for i in ids if theirs.is_control(i) or theirs.is_unknown(i)]
    sets = [tokenizer_texts.scripts(), tokenizer_texts.contractions(), tokenizer_texts.line_ends(), tokenizer_texts.whitespace_lattice()]
    sets.append(tokenizer_texts.some(tokenizer_texts.code_points(), 0.005, 1))
    sets.append(tokenizer_texts.splices(3000, 1, ["▁▁", "<p>", "<p><p>", "kidney", "\n\n", "    "]))
    texts = [text for text in itertools.chain(*sets) if not any(name in text for name in special)]
    probe = tokenizer_texts.Probe(path, [])
    wrong = [(text, theirs.encode(text), got["ids"]) for text, got in zip(texts, probe.run(texts)) if got["ids"] != theirs.encode(text)]
    probe.close()
    print("%s: %d of %d texts differ %s" % (pathlib.Path(path).name, len(wrong), len(texts), wrong[:3]))
    return len(wrong)


def main():
    with tempfile.TemporaryDirectory() as folder:
        return 1 if sum(check(path) for path in sys.argv[1:] or list(train(folder))) else 0


if __name__ == "__main__":
    sys.exit(main())
