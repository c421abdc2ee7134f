"""Text to ids: this project's pipelines beside the libraries' own, MB/s.

``python -m benchmarks.tokenizers [--rounds 3] [--quick]``

Text: 4 MB a language of Wikipedia (``ROOTS_TF_DATA``), or else of the docstrings for
English and of this project's reviews, again and again, for Chinese. A vocabulary of
8,000 is learned from 1 MB of other text of the same kind. Timed: all lines to ids, in
batches of 256 lines, on both cores, after a batch to warm up.

* roots_tf: ``tf.data``, ``map(tokenizer.encode)``, two calls at a time, prefetch.
* peer: Hugging Face ``tokenizers`` (WordPiece, byte-level BPE) or the ``sentencepiece``
  package (unigram, BPE), two threads, called from Python.

Both must give the same ids, or the benchmark fails; for unigram as many ids: of cuts
with the same probability rounding chooses one.
"""

import argparse
import hashlib
import json
import statistics
import tempfile
import time
from importlib import metadata
from itertools import chain
from pathlib import Path

import numpy as np

RIVALS = ["roots_tf", "peer"]
UNITS = ("MB/s", "MB/CPU s")
PEERS = {
    "wordpiece": "tokenizers",
    "unigram": "sentencepiece",
    "bpe": "sentencepiece",
    "byte-bpe": "tokenizers",
}
BATCH, VOCABULARY = 256, 8_000
MEGABYTES, LEARNED = 4, 1  # of text, measured and learned from


def source(language):
    """Gives lines without end, and where they are from."""
    from roots_tf.datasets.plain_text import load_plain_text

    name = {"en": "enwiki_slice", "zh": "zhwiki_slice"}[language]
    try:
        return iter(load_plain_text(name)), name
    except OSError:
        pass
    if language == "en":
        return iter(load_plain_text("docstrings")), "docstrings"
    from roots_tf.datasets.classification import load_classification

    reviews = load_classification("data/reviews_zh").train.texts
    return chain.from_iterable(iter(lambda: reviews, None)), "reviews_zh, repeated"


def take(lines, megabytes):
    """Takes lines until they have so many million bytes."""
    taken, size = [], 0
    for line in lines:
        taken.append(line)
        size += len(line.encode())
        if size >= megabytes * 1e6:
            break
    return taken


def timed(work):
    """Gives what work returns, and the wall and CPU seconds that it took."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - processor


def ours(folder, batches):
    """Gives the ids of all lines by ``tf.data``, and the seconds that took."""
    import tensorflow as tf

    from roots_tf.text.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(folder)
    lines = tf.data.Dataset.from_tensor_slices([x for batch in batches for x in batch])
    ids = lines.batch(BATCH).map(tokenizer.encode, 2).prefetch(2)
    for _ in ids.take(1):
        pass
    found, *seconds = timed(lambda: list(ids))
    return np.concatenate([rows.flat_values.numpy() for rows in found]), *seconds


def peers(folder, kind, batches):
    """Gives the ids of all lines by the other library, and the seconds that took."""
    if PEERS[kind] == "sentencepiece":
        import sentencepiece

        processor = sentencepiece.SentencePieceProcessor(
            model_file=str(folder / "spiece.model")
        )

        def encode(batch):
            return processor.encode(batch, num_threads=2)

    else:
        from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

        if kind == "wordpiece":
            tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"))._tokenizer
            tokenizer.encode_special_tokens = True
        else:
            tokenizer = ByteLevelBPETokenizer(
                str(folder / "vocab.json"), str(folder / "merges.txt")
            )._tokenizer

        def encode(batch):
            rows = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            return [row.ids for row in rows]

    encode(batches[0])
    found, *seconds = timed(lambda: [encode(batch) for batch in batches])
    ids = chain.from_iterable(chain.from_iterable(found))
    return np.fromiter(ids, np.int32), *seconds


def time_rival(rival, kind, folder, text):
    """Gives the MB a second and a CPU second, and a hash of the ids."""
    lines = text.read_text(encoding="utf-8").split("\n")
    size = sum(len(line.encode()) for line in lines) / 1e6
    batches = [lines[n : n + BATCH] for n in range(0, len(lines), BATCH)]
    if rival == "roots_tf":
        ids, wall, processor = ours(folder, batches)
    else:
        ids, wall, processor = peers(folder, kind, batches)
    return {
        "MB/s": size / wall,
        "MB/CPU s": size / processor,
        "number": len(ids),
        "ids": hashlib.sha256(ids.astype("<i4").tobytes()).hexdigest(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="0.2 MB: only a trial")
    parser.add_argument("--rival", choices=RIVALS, help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=list(PEERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--text", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rival:
        row = time_rival(options.rival, options.kind, options.folder, options.text)
        print(json.dumps(row))
        return

    from benchmarks.paired import ratios, turns, write
    from roots_tf.text.tokenizer import learn_tokenizer

    megabytes = 0.2 if options.quick else MEGABYTES
    rows, texts = {}, {}
    with tempfile.TemporaryDirectory() as parent:
        for language in ("en", "zh"):
            lines, texts[language] = source(language)
            measured, learned = take(lines, megabytes), take(lines, LEARNED)
            text = Path(parent) / language
            text.write_text("\n".join(measured), encoding="utf-8")
            for kind in PEERS:
                folder = Path(parent) / f"{language}-{kind}"
                learn_tokenizer(kind, learned, VOCABULARY).save(folder)
                runs = turns(
                    "benchmarks.tokenizers",
                    RIVALS,
                    options.rounds,
                    *("--kind", kind, "--folder", folder, "--text", text),
                )
                key = "number" if kind == "unigram" else "ids"
                if len({run[key] for rival in RIVALS for run in runs[rival]}) != 1:
                    raise SystemExit(f"{language} {kind}: the ids differ")
                rows[f"{language} {kind}"] = {"peer is": PEERS[kind]}
                for unit in UNITS:
                    speeds = {r: [run[unit] for run in runs[r]] for r in RIVALS}
                    rows[f"{language} {kind}"][unit] = {
                        **speeds,
                        "ratio": ratios(*speeds.values()),
                    }
    for unit in UNITS:
        print(f"{unit:16}{'roots_tf':>10}{'peer':>8}{'ratio':>8}   (from, to)")
        for name, row in rows.items():
            medians = (statistics.median(row[unit][rival]) for rival in RIVALS)
            ratio = row[unit]["ratio"]
            print(
                f"{name:16}{next(medians):10.2f}{next(medians):8.2f}"
                f"{ratio['median']:8.2f}   ({ratio['min']:.2f}, {ratio['max']:.2f})"
                f"  {row['peer is']}"
            )
    packages = ("tensorflow-text", "tokenizers", "sentencepiece")
    versions = {package: metadata.version(package) for package in packages}
    write(
        "tokenizers",
        {"rows": rows, "texts": texts, "megabytes": megabytes, "of texts": versions},
    )


if __name__ == "__main__":
    main()
