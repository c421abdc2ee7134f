"""From your own labelled texts to a model: the five steps of §9.2, one after another.

Each step is a script of this project, and its command is printed before it runs, so
that any of them can be run again by hand with other options:

    1 数据预处理  clean the texts; those of training alone go into a file
    2 词向量生成  Word2Vec of this file
    3 模型构建    a search over models (§3.3.2), judged by the validation texts
    4 模型训练    the best of them once more, beginning with the word vectors
    5 模型评估    once on the test texts, beside a bag of words and the commonest label

With ``--resume`` what is done is not done again. Stop words stay in unless
``--drop-stop-words`` is given (erratum E16).

Article: §9.2. Erratum: E16.
"""

import csv
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.flags import option, parse

TEXTS, OPTIONS, DONE = "texts.txt", "options.json", "done"


@dataclass(frozen=True)
class PipelineOptions:
    """Options of ``python -m roots_tf.train.pipeline``."""

    data: str = option("reviews_en", "set of roots_tf.datasets, a .csv or a folder")
    folder: str = option("tensorboard_logs/pipeline", "where all of it goes")
    epochs: int = option(5, "passes over the training texts, in the search too")
    vector_epochs: int = option(20, "passes over their text for the word vectors")
    dim: int = option(64, "width of the word vectors")
    trials: int = option(6, "models that the search tries")
    max_length: int = option(100, "a longer text is cut after these", unit="tokens")
    drop_stop_words: bool = option(False, "leave stop words out (erratum E16)")
    seed: int = option(7, "of everything that is random")
    resume: bool = option(False, "go on where the folder's last run ended")

    def __post_init__(self):
        for name in ("epochs", "vector_epochs", "dim", "trials", "max_length"):
            if getattr(self, name) < 1:
                flag = "--" + name.replace("_", "-")
                raise ValueError(
                    f"{flag}: expected 1 or more, got {getattr(self, name)}"
                )
        if self.seed < 1:
            raise ValueError(f"--seed: expected 1 or more, got {self.seed}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the steps; gives 0, or the status of the step that failed."""
    options = parse(
        PipelineOptions, "python -m roots_tf.train.pipeline", __doc__, arguments
    )
    folder = Path(options.folder)
    with bad_input_ends_the_program():
        if folder.exists() and not options.resume:
            raise ValueError(
                f"--folder: {folder} is there already; add --resume to go on, or give "
                "another name"
            )
        print(f"1 数据预处理: {options.data} into {folder / TEXTS}", flush=True)
        check_options(options, folder / OPTIONS)
        write_clean_texts(options, folder / TEXTS)
        write_whole(folder / OPTIONS, json.dumps(_kept(options), indent=1) + "\n")
    vectors = folder / "word2vec" / "vectors"
    steps = [("2 词向量生成", vectors, word_vectors_command)]
    steps += [("3 模型构建", folder / "tune" / "models", search_command)]
    steps += [
        ("4 模型训练, 5 模型评估", folder / "classifier" / "model", final_command)
    ]
    for title, run, make_command in steps:
        done = run / DONE
        if done.exists():
            print(f"{title}: done before, in {run}", flush=True)
            continue
        with bad_input_ends_the_program():
            words = ["python", "-m", *make_command(options, folder)]
        words += ["--resume"] * run.exists()
        print(f"\n{title}\n$ {shlex.join(words)}", flush=True)
        status = subprocess.run([sys.executable, *words[1:]]).returncode
        if status:
            return status
        done.touch()
    print(f"\nLook at all of it: tensorboard --logdir {folder}")
    return 0


def write_clean_texts(options: PipelineOptions, path: Path) -> None:
    """Writes the normalised training texts, a line each, and says what they are.

    Validation and test texts stay out: word vectors must not know them.

    Raises:
        ValueError, OSError: the data is not there or is damaged.
    """
    with quiet_stderr():
        from roots_tf.datasets.classification import load_classification
        from roots_tf.text.normalization import normalize
        from roots_tf.text.segmentation import segment
        from roots_tf.text.stop_words import remove_stop_words

    data = load_classification(options.data)
    texts = [" ".join(normalize(text).split()) for text in data.train.texts]
    tokens = segment(texts)
    if options.drop_stop_words:
        tokens = [remove_stop_words(row, data.language) for row in tokens]
        texts = [" ".join(row) for row in tokens]
    print(
        f"{len(texts):,} training, {len(data.validation):,} validation and "
        f"{len(data.test):,} test texts of {len(data.label_names)} classes; "
        f"{sum(map(len, tokens)):,} words to learn from, "
        f"{len({word for row in tokens for word in row}):,} different ones."
    )
    for reason, count in data.changes.items():
        print(f"{count:,} x {reason}")
    write_whole(path, "".join(f"{text}\n" for text in texts))


def check_options(options: PipelineOptions, path: Path) -> None:
    """Compares the options with those that the folder was made with, if it was.

    Raises:
        ValueError: they are others, so that its steps would not fit together.
    """
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, value in _kept(options).items():
        if before.get(name, value) != value:
            raise ValueError(
                f"--{name.replace('_', '-')}: expected {before[name]}, with which "
                f"{path.parent} was made, got {value}"
            )


def write_whole(path: Path, content: str) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(content, encoding="utf-8")
    os.replace(temporary, path)


def word_vectors_command(options: PipelineOptions, folder: Path) -> list[str]:
    """Word2Vec of the cleaned training texts."""
    words = f"--name vectors --min-count 2 --epochs {options.vector_epochs}".split()
    words += ["--dim", str(options.dim), "--seed", str(options.seed)]
    paths = ["--data", str(folder / TEXTS), "--log-dir", str(folder)]
    return ["roots_tf.train.word2vec", *paths, *words]


def search_command(options: PipelineOptions, folder: Path) -> list[str]:
    """Bayesian search of the section-5 model, judged by the validation texts."""
    words = f"--name models --search bayes --trials {options.trials}".split()
    return [
        "roots_tf.train.tune",
        *("--data", options.data, "--log-dir", str(folder)),
        *words,
        *_training_flags(options),
    ]


def final_command(options: PipelineOptions, folder: Path) -> list[str]:
    """The best model of the search, beginning with the word vectors."""
    flags = best_flags(folder / "tune" / "models" / "trials.csv")
    words = ["--drop-stop-words"] * options.drop_stop_words
    vectors = folder / "word2vec" / "vectors" / "vectors.txt"
    return [
        "roots_tf.train.classifier",
        *("--data", options.data, "--log-dir", str(folder), "--name", "model"),
        *("--embeddings", str(vectors), "--embedding-dim", str(options.dim)),
        *_training_flags(options),
        *words,
        *flags,
    ]


def best_flags(table: Path) -> list[str]:
    """Reads the flags of the trial that validated best from a search's table.

    Raises:
        ValueError: no trial ended well.
    """
    with open(table, encoding="utf-8", newline="") as file:
        trials = [row for row in csv.DictReader(file) if not row["error"]]
    if not trials:
        raise ValueError(f"{table}: expected a trial that ended well, got none")
    best = max(trials, key=lambda row: float(row["accuracy"]))
    names = [n for n in best if n not in ("trial", "epochs", "accuracy", "error")]
    return [word for n in names for word in ("--" + n.replace("_", "-"), best[n])]


def _kept(options):
    values = asdict(options)
    return {name: values[name] for name in values if name not in ("resume", "folder")}


def _training_flags(options):
    words = f"--epochs {options.epochs} --seed {options.seed}".split()
    return [*words, "--max-length", str(options.max_length)]


if __name__ == "__main__":
    sys.exit(main())
