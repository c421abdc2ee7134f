"""What word vectors trained here add to the section-5 model when few labels are known.

``python -m benchmarks.imdb_few_labels [--logs FOLDER]`` (ROOTS_TF_DATA with IMDB)

Skip-gram vectors are trained by ``python -m roots_tf.train.word2vec`` on all training
reviews without their labels and on the 20,000 unlabelled ones. Then
``python -m roots_tf.train.classifier`` trains on 1,000 labelled reviews, five times
with vectors from random numbers and five times with the trained ones, each time other
reviews and another seed. The epoch that validates best is scored once on the test.
What an earlier call has finished in the same FOLDER is not run again.
"""

import argparse
import csv
import gzip
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.paired import write
from roots_tf.datasets import catalog
from roots_tf.datasets.classification import load_classification
from roots_tf.text.text_to_ids import TextSettings, tokenize

LABELLED = 1_000


def write_text(data, path: Path) -> None:
    """Writes the reviews as words between spaces, one review a line."""
    texts = list(data.train.texts)
    unlabelled = catalog.data_folder() / "imdb" / "unsup_20k.csv.gz"
    with gzip.open(unlabelled, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        texts += [row["text"].replace("<br />", " ") for row in rows]
    temporary = path.with_suffix(".tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        for tokens in tokenize(texts, TextSettings()):
            file.write(" ".join(tokens) + "\n")
    os.replace(temporary, path)


def write_reviews(data, folder: Path, seed: int) -> None:
    """Writes 1,000 training reviews, and all others, as the classifier reads them."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(data.train.texts), LABELLED, replace=False)
    for name in ("train", "validation", "test"):
        part = getattr(data, name)
        rows = chosen if name == "train" else range(len(part.texts))
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            for row in rows:
                writer.writerow([part.texts[row], data.label_names[part.labels[row]]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--logs", type=Path, default=Path("tensorboard_logs/few"))
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    data = load_classification("imdb")
    vectors = options.logs / "word2vec" / "imdb" / "vectors.txt"
    word2vec = ["--segmentation", "spaces", "--dim", "128", "--name", "imdb"]
    word2vec += ["--seed", "7"]
    if not vectors.exists():
        write_text(data, options.logs / "imdb.txt")
        text = str(options.logs / "imdb.txt")
        run("word2vec", options.logs, ["--data", text, *word2vec])
    table = {"random": [], "trained": []}
    for seed in range(1, options.seeds + 1):
        reviews = options.logs / "reviews"
        write_reviews(data, reviews, seed)
        for row, flags in (("random", []), ("trained", ["--embeddings", str(vectors)])):
            name = f"{row}-{seed}"
            flags = ["--data", str(reviews), "--max-length", "200", *flags]
            flags += ["--epochs", str(options.epochs), "--seed", str(seed)]
            path = options.logs / "classifier" / name / "run.json"
            if not final_metrics(path):
                flags += ["--name", name, *(["--resume"] if path.exists() else [])]
                run("classifier", options.logs, flags)
            table[row].append(final_metrics(path)["accuracy"])
    for row, scores in table.items():
        mean, spread = statistics.mean(scores), statistics.stdev(scores)
        print(f"{row:10} test accuracy {mean:.4f} ± {spread:.4f}  {scores}")
    gains = [b - a for a, b in zip(table["random"], table["trained"], strict=True)]
    print(
        f"gain {statistics.mean(gains):.4f}, from {min(gains):.4f} to {max(gains):.4f}"
    )
    settings = {"labelled": LABELLED, "epochs": options.epochs, "word2vec": word2vec}
    write("imdb_few_labels", {"test_accuracy": table, **settings})


def final_metrics(path: Path) -> dict[str, float]:
    """Gives what a run came to; nothing before it has finished."""
    if not path.exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))["final_metrics"]


def run(script: str, logs: Path, flags: list[str]) -> None:
    command = [sys.executable, "-m", f"roots_tf.train.{script}", "--log-dir", str(logs)]
    print("==", " ".join([*command[1:], *flags]), flush=True)
    subprocess.run([*command, *flags], check=True)


if __name__ == "__main__":
    main()
