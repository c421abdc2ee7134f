"""What pooling, masking and pretrained vectors each add, on IMDB.

``python -m benchmarks.imdb_ablation`` (ROOTS_TF_DATA with IMDB; `peers` for gensim)

Each row is one run of ``python -m roots_tf.train.classifier`` with the article's sizes,
cut after 200 tokens, two epochs, one seed; the weights of the epoch that validates
best are scored once on the test reviews. The vectors are gensim's skip-gram on the
training reviews and the 20,000 unlabelled ones. Differences under half a point are
within what another seed changes.
"""

import argparse
import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.paired import write
from roots_tf.datasets import catalog
from roots_tf.datasets.classification import load_classification
from roots_tf.text.text_to_ids import TextSettings, tokenize

ROWS = {
    "as printed (label repeated for each token)": ["--model", "printed"],
    "last state, no mask": ["--pooling", "last", "--no-mask-padding"],
    "last state": ["--pooling", "last"],
    "mean": ["--pooling", "mean"],
    "max": ["--pooling", "max"],
    "attention": ["--pooling", "attention"],
    "mean+max, no mask": ["--no-mask-padding"],
    "mean+max": [],
    "mean+max, pretrained, frozen": ["--embeddings", "V", "--no-train-embeddings"],
    "mean+max, pretrained, tuned": ["--embeddings", "V"],
}


def write_vectors(path):
    """Trains skip-gram vectors with gensim, and writes them as word2vec text."""
    from gensim.models import Word2Vec

    texts = list(load_classification("imdb").train.texts)
    unlabelled = catalog.data_folder() / "imdb" / "unsup_20k.csv.gz"
    with gzip.open(unlabelled, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        texts += [row["text"].replace("<br />", " ") for row in rows]
    sentences = tokenize(texts, TextSettings())
    model = Word2Vec(
        sentences, vector_size=128, sg=1, min_count=5, workers=2, epochs=3, seed=7
    )
    temporary = path.with_suffix(".tmp")
    model.wv.save_word2vec_format(temporary)
    temporary.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--max-length", type=int, default=200)
    parser.add_argument("--logs", type=Path, default=Path("tensorboard_logs/ablation"))
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    vectors = options.logs / "imdb_vectors.txt"
    if not vectors.exists():
        write_vectors(vectors)
    table = {}
    for number, (row, flags) in enumerate(ROWS.items()):
        name = f"imdb-{number}"
        folder = options.logs / "classifier" / name
        flags = [str(vectors) if flag == "V" else flag for flag in flags]
        command = [sys.executable, "-m", "roots_tf.train.classifier"]
        command += ["--data", "imdb", "--epochs", str(options.epochs)]
        command += ["--max-length", str(options.max_length)]
        command += ["--log-dir", str(options.logs), "--name", name, *flags]
        print(f"== {row}: {' '.join(command[1:])}", flush=True)
        if folder.exists():  # interrupted, or finished: then it only scores again
            command.append("--resume")
        subprocess.run(command, check=True)
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        best = max(record["curve"], key=lambda point: point["validation"]["accuracy"])
        table[row] = {
            "validation": best["validation"]["accuracy"],
            "test": record["final_metrics"]["accuracy"],
            "command": record["command"],
            "best_epoch": best["epoch"],
            "seconds_an_epoch": best["seconds"],
        }
    print(f"{'':44}validation    test")
    for row, values in table.items():
        print(f"{row:44}{values['validation']:10.4f}{values['test']:8.4f}")
    write("imdb_ablation", {"rows": table})


if __name__ == "__main__":
    main()
