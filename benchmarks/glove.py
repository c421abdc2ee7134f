"""GloVe beside its authors' programs: speed, memory, cost and quality, turn by turn.

``python -m benchmarks.glove [--reference FOLDER] [--rounds 3] [--cases NAME …]``

FOLDER holds `vocab_count`, `cooccur`, `shuffle` and `glove`, built from
https://github.com/stanfordnlp/GloVe by its Makefile; without it, ours runs alone. Both
read the same text file of words between spaces, with the same settings: min_count 5,
window 10, both sides, dimension 100, x_max 10, rate 0.05, 2 threads; each round has its
own seed. What is compared is checked to be the same: words, number and sum of cells.
* counting: from the text file to cells that can be trained on, ids and vocabulary
  included; of the programs that is `vocab_count`, `cooccur` and `shuffle`;
* cells: non-zero cells trained on a second, and a second of processor time; of the
  program with reading the cells and writing the vectors, of ours with compiling;
* text to file: the whole of it, with Python's and TensorFlow's start;
* memory: largest resident memory of a process;
* cost: mean of f(X) error^2 / 2 over the cells, by `glove_by_hand.cost`, of what each
  has learned in the end; and as each reports it, averaged over its last epoch;
* analogies (3CosAdd, 30,000 words), similarities (Spearman) of w + w~: of the sets at
  hand in ROOTS_TF_DATA, in the corpus's language.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.word2vec import quality, text_file

RIVALS = ["roots_tf", "glove.c"]
PROGRAMS = ["vocab_count", "cooccur", "shuffle", "glove"]
THREADS, DIMENSION, WINDOW, MIN_COUNT, X_MAX, RATE = 2, 100, 10, 5, 10.0, 0.05
MEMORY = 1 << 29  # bytes to count in, what each makes of it
# name: (corpus, words of it, from its start, or None for all; epochs, 0: only counted)
CASES = {
    "en": ("enwiki_slice", 2_000_000, 10),
    "docstrings": ("docstrings", None, 10),
    "zh": ("zhwiki_slice", 1_000_000, 10),
    "en, 1 million words": ("enwiki_slice", 1_000_000, 0),
    "en, 8 million words": ("enwiki_slice", 8_000_000, 0),
}
COUNTED = ["counted words/s", "counted words/CPU s", "counting memory (MB)"]
TRAINED = ["cells/s", "cells/CPU s", "memory (MB)", "text to file (CPU s)"]
COSTS = ["cost", "cost reported"]
_CELL = np.dtype([("row", "<i4"), ("column", "<i4"), ("count", "<f8")])
_CELLS_AT_ONCE = 1 << 18


def first_words(case: str, quick: bool) -> Path:
    """Gives the case's text as a file of words between spaces, made once."""
    corpus, words, _ = CASES[case]
    whole = text_file(corpus, quick)
    if words is None:
        return whole
    path = whole.with_stem(f"{whole.stem}-{words}")
    if not path.exists():
        temporary = path.with_suffix(".tmp")
        with open(whole, encoding="utf-8") as lines, open(temporary, "w") as file:
            for line in lines:
                words -= line.count(" ") + 1
                if words < 0:
                    break
                file.write(line)
        os.replace(temporary, path)
    return path


def count(path: Path, folder: Path):
    """Counts with ours; gives the corpus and the counts."""
    from roots_tf.word_vectors.cooccurrence import count_cooccurrences
    from roots_tf.word_vectors.encoded_corpus import EncodedCorpus

    with open(path, encoding="utf-8") as file:
        sentences = (line.split() for line in file)
        corpus = EncodedCorpus.build(sentences, folder / "ids", MIN_COUNT)
    counts = count_cooccurrences(corpus, folder / "counts", WINDOW, True, MEMORY)
    return corpus, counts


def run_roots_tf(path, epochs, seed, folder, _) -> dict[str, float]:
    """Counts and trains with ours."""
    meter = Meter()
    corpus, counts = count(path, folder)
    values = dict(zip(COUNTED, meter.read(corpus.num_tokens), strict=True))
    if not epochs:
        return values
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    from roots_tf.word_vectors.glove_loop import GloveTrainer

    meter = Meter()
    trainer = GloveTrainer(
        counts, DIMENSION, X_MAX, learning_rate=RATE, threads=THREADS, seed=seed
    )
    for _ in range(epochs):
        reported = trainer.epoch()["cost"]
    speeds = meter.read(epochs * counts.nnz)
    saved = save(corpus, trainer.word_vectors(), folder)
    values |= dict(zip(TRAINED, [*speeds, time.process_time()], strict=True))
    costs = final_cost(trainer.parameters(), counts), reported
    return {**values, **dict(zip(COSTS, costs, strict=True)), **quality(*saved)}


def run_reference(path, epochs, seed, folder, reference) -> dict[str, float]:
    """The same with the authors' programs, as their demo.sh calls them."""
    from roots_tf.word_vectors.glove_by_hand import GloveParameters

    vocab, cells, shuffled = (folder / f for f in ("vocab.txt", "cells", "shuffled"))
    memory = ["-memory", str(MEMORY / 2**30), "-verbose", "0"]
    seed = ["-seed", str(seed)]
    meter = ChildMeter(reference, folder)
    meter.run("vocab_count", ["-min-count", str(MIN_COUNT)], path, vocab)
    options = ["-vocab-file", str(vocab), "-window-size", str(WINDOW)]
    meter.run("cooccur", [*memory, *options], path, cells)
    meter.run("shuffle", [*memory, *seed], cells, shuffled)
    # What ours finds in the same text; outside of all measurements.
    corpus, counts = count(path, folder)
    values = dict(zip(COUNTED, meter.read(corpus.num_tokens), strict=True))
    words = [line.split()[0] for line in vocab.read_text("utf-8").splitlines()]
    check_same(words, np.fromfile(shuffled, _CELL), corpus, counts)
    if not epochs:
        return values
    cpu, meter = meter.cpu, ChildMeter(reference, folder)
    options = ["-input-file", shuffled, "-vocab-file", vocab, "-save-file", "vectors"]
    options += ["-threads", THREADS, "-iter", epochs, "-vector-size", DIMENSION]
    options += ["-x-max", X_MAX, "-eta", RATE, "-binary", 1, "-verbose", 0, *seed]
    said = meter.run("glove", list(map(str, options)))
    speeds = meter.read(epochs * counts.nnz)
    values |= dict(zip(TRAINED, [*speeds, cpu + meter.cpu], strict=True))
    # Rows of the vector and its bias: of the words, then of the contexts; float64.
    table = np.fromfile(folder / "vectors.bin").reshape(2, len(words), DIMENSION + 1)
    places = {word: place for place, word in enumerate(words)}
    of_words, of_contexts = table[:, [places[word] for word in corpus.words]]
    parameters = GloveParameters(
        of_words[:, :-1], of_contexts[:, :-1], of_words[:, -1], of_contexts[:, -1]
    )
    saved = save(corpus, parameters.vectors().astype(np.float32), folder)
    costs = final_cost(parameters, counts), float(said.rpartition("cost: ")[2])
    return {**values, **dict(zip(COSTS, costs, strict=True)), **quality(*saved)}


class Meter:
    """Measures this process, from here on."""

    def __init__(self):
        self._start = time.perf_counter(), time.process_time()

    def read(self, things: int) -> tuple[float, float, float]:
        """Gives things a second, a second of processor time, and memory in MB."""
        wall, cpu = time.perf_counter(), time.process_time()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return things / (wall - self._start[0]), things / (cpu - self._start[1]), memory


class ChildMeter:
    """Runs programs one after the other, and measures them together."""

    def __init__(self, programs: Path, folder: Path):
        self._programs, self._folder = programs, folder
        self.wall, self.cpu, self.memory = 0.0, 0.0, 0.0

    def run(self, program, options, source=os.devnull, target=os.devnull) -> str:
        """Runs one from a file to a file; gives what it said beside."""
        with (
            open(source, "rb") as standard_input,
            open(target, "wb") as output,
            open(self._folder / "said", "w+") as said,
        ):
            start = time.perf_counter()
            process = subprocess.Popen(
                [self._programs / program, *options],
                cwd=self._folder,
                stdin=standard_input,
                stdout=output,
                stderr=said,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.wall += time.perf_counter() - start
            self.cpu += usage.ru_utime + usage.ru_stime
            self.memory = max(self.memory, usage.ru_maxrss / 1024)
            said.seek(0)
            words = said.read()
        if status:
            sys.exit(f"{program} ended with {process.returncode}: {words[-500:]}")
        return words

    def read(self, things: int) -> tuple[float, float, float]:
        """As `Meter.read`."""
        return things / self.wall, things / self.cpu, self.memory


def check_same(words, found, corpus, counts):
    """Ends the program if the rivals do not learn from the same words and cells.

    Of cells the number is compared, and the sum of those of two different words: where
    a text is so small that its overflow file stays empty, cooccur counts the first
    cell, of the most frequent word with itself, twice.
    """
    full = counts.full().tocoo()
    apart = found["row"] != found["column"]
    sums = (
        full.data[full.row != full.col].sum(dtype=np.float64),
        found["count"][apart].sum(),
    )
    same = sorted(words) == sorted(corpus.words) and len(found) == full.nnz
    if not same or not np.isclose(*sums, rtol=1e-6):
        sys.exit(
            f"expected the same cells: {len(corpus.words)} words, {full.nnz} cells, "
            f"sum {sums[0]:.9g}; got {len(words)}, {len(found)}, {sums[1]:.9g}"
        )


def final_cost(parameters, counts) -> float:
    """Gives the mean of f(X) error^2 / 2 over all cells."""
    from roots_tf.word_vectors.glove_by_hand import cost

    cells, total = counts.full().tocoo(), 0.0
    for start in range(0, cells.nnz, _CELLS_AT_ONCE):
        part = slice(start, start + _CELLS_AT_ONCE)
        values = cells.row[part], cells.col[part], cells.data[part]
        total += cost(parameters, *values, x_max=X_MAX)
    return total / cells.nnz / 2


def save(corpus, vectors, folder) -> tuple[Path, str]:
    """Saves vectors; gives where, and the language."""
    from roots_tf.train.word_vector_parts import language_of
    from roots_tf.word_vectors.word_vector_files import save_word_vectors
    from roots_tf.word_vectors.word_vector_table import WordVectors

    path = folder / "vectors.word2vec"
    table = WordVectors(corpus.words, vectors, corpus.counts)
    save_word_vectors(table, path, "word2vec-binary")
    return path, language_of(corpus)


def programs_in(folder: Path, parser: argparse.ArgumentParser) -> Path:
    """Finds the programs in a folder or in its `build`; else ends the program."""
    for place in (folder, folder / "build"):
        if all(os.access(place / program, os.X_OK) for program in PROGRAMS):
            return place.resolve()
    parser.error(f"--reference: expected {', '.join(PROGRAMS)} in {folder}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, help="folder of the programs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="little text: a trial")
    parser.add_argument("--rival", choices=[*RIVALS, "text"], help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rival:
        (case,) = options.cases
        path = first_words(case, options.quick)
        if options.rival == "text":
            print(json.dumps(str(path)))
            return
        run = {"roots_tf": run_roots_tf, "glove.c": run_reference}[options.rival]
        with tempfile.TemporaryDirectory() as folder:
            arguments = path, CASES[case][2], options.seed, Path(folder)
            print(json.dumps(run(*arguments, options.reference)))
        return

    from benchmarks.paired import compare

    rivals, more = RIVALS, ["--quick"] if options.quick else []
    if options.reference:
        more += ["--reference", programs_in(options.reference, parser)]
    else:
        print("No --reference: roots_tf alone, without the authors' programs.")
        rivals = RIVALS[:1]
    measured = [*COUNTED, *TRAINED, *COSTS]
    compare("glove", rivals, options.cases, options.rounds, measured, more)


if __name__ == "__main__":
    main()
