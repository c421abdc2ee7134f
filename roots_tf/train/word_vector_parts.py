"""The parts that the scripts of word vectors share: text, evaluation, results.

Article: §2.3 (词向量), §3.1, §9.2 step 1.
"""

import math
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from roots_tf.datasets.catalog import data_folder
from roots_tf.datasets.plain_text import PlainText
from roots_tf.datasets.word_relations import load_analogies, load_similarities
from roots_tf.monitoring.projector import write_projector
from roots_tf.text.sentence_stream import tokenize_lines
from roots_tf.train.progress import counted_words
from roots_tf.train.run import Run
from roots_tf.train.word_vector_options import CORPUS, WordVectorOptions
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.evaluation import analogy_accuracy, similarity_correlation
from roots_tf.word_vectors.word_vector_files import save_word_vectors
from roots_tf.word_vectors.word_vector_table import WordVectors

ANALOGIES = {"en": ["questions-words"], "zh": ["ca8-morphological", "ca8-semantic"]}
SIMILARITIES = {"en": ["wordsim-353", "simlex-999"], "zh": ["wordsim-240"]}
MOST_PROJECTED = 10_000

_HAN = re.compile("[\u3400-\u9fff]")


def text_name(text: PlainText) -> str:
    """Gives what to name a run after: "docstrings", or of a path its last part."""
    return Path(text.name).resolve().name.partition(".")[0] or "text"


def encode(text: PlainText, options: WordVectorOptions, run: Run) -> EncodedCorpus:
    """Turns a text into ids on disk, in the run's folder, if they are not there yet.

    Raises:
        ValueError: the text has no words to train on, or is no text.
        OSError: it cannot be read, or the ids cannot be written.
    """
    folder = run.folder / CORPUS
    corpus = _open_corpus(folder)
    if corpus is None:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"Reading {text.name} ...", flush=True)
        sentences = tokenize_lines(text, options.segmentation)
        corpus = EncodedCorpus.build(
            counted_words(sentences),
            folder,
            options.min_count,
            options.max_vocab or None,
        )
    sentences = corpus.length - corpus.num_tokens
    if sentences == corpus.num_tokens:
        raise ValueError(
            f"{text.name}: expected sentences of two words or more, got none: words "
            "have no context"
        )
    print(
        f"{text.name}: {corpus.num_tokens:,} words in {sentences:,} sentences; "
        f"{len(corpus.words):,} different, each seen {corpus.counts.min()}+ times."
    )
    return corpus


def language_of(corpus: EncodedCorpus) -> str:
    """Tells "zh", if half of the words of a text are Chinese, from "en"."""
    words = zip(corpus.words, corpus.counts.tolist(), strict=True)
    chinese = sum(count for word, count in words if _HAN.search(word))
    return "zh" if 2 * chinese > corpus.num_tokens else "en"


def watched_words(corpus: EncodedCorpus, asked: str) -> list[str]:
    """Gives the words to watch: those asked for, or some from frequent to rare.

    Those are the 50th, 100th, 200th ... most frequent of the words of letters alone, up
    to 8; before them are mostly words like "the". "ab" may be no word, "我们" is one.
    """
    if asked:
        return [word.strip() for word in asked.split(",") if word.strip()]
    words = [
        word
        for word in corpus.words
        if word.isalpha() and (len(word) > 2 or not word.isascii())
    ]
    words = words or list(corpus.words)
    first = min(50, len(words))
    return [words[(first << n) - 1] for n in range(8) if first << n <= len(words)]


def evaluate(vectors: WordVectors, language: str) -> dict[str, float]:
    """Asks analogies and word similarity, as far as the sets are there, and prints.

    Returns:
        By the set's name its accuracy or rank correlation, unless no question could be
        asked, and how many were asked and were out of vocabulary.
    """
    metrics, missing = {}, []
    print(f"\n{'':20}   score     asked  out of vocabulary")
    for name in scores_of(language):
        try:
            if name in ANALOGIES[language]:
                result = analogy_accuracy(vectors, load_analogies(name)).total
                score, asked = result.accuracy, result.asked
            else:
                result = similarity_correlation(vectors, load_similarities(name))
                score, asked = result.spearman, result.pairs
        except FileNotFoundError:
            missing.append(name)
            continue
        except ValueError as error:  # a set that is damaged costs no training
            print(f"Skipped: {error}")
            continue
        unknown = result.out_of_vocabulary
        metrics |= {} if math.isnan(score) else {name: score}
        metrics |= {f"{name}/asked": asked, f"{name}/out_of_vocabulary": unknown}
        print(f"{name:20}{score:8.4f}  {asked:8,}  {unknown:17,}")
    if missing:
        print(f"Skipped, not in {data_folder()}: {', '.join(missing)}.")
        print("ROOTS_TF_DATA names another folder; see python -m roots_tf.datasets.")
    return metrics


def scores_of(language: str) -> list[str]:
    """Names the sets that word vectors of a language are judged by."""
    return ANALOGIES[language] + SIMILARITIES[language]


def save(vectors: WordVectors, folder: Path) -> None:
    """Writes ``vectors.txt`` and, of the most frequent words, the projector."""
    save_word_vectors(vectors, folder / "vectors.txt")
    write_projector(
        folder / "projector",
        vectors.vectors[:MOST_PROJECTED],
        vectors.words[:MOST_PROJECTED],
        {"frequency": vectors.counts[:MOST_PROJECTED]},
        name="word vectors",
    )


def print_results(vectors: WordVectors, words: Sequence[str]) -> None:
    """Prints the nearest words of some words."""
    for word in words:
        if word in vectors:
            near = ", ".join(
                f"{other} {c:.2f}" for other, c in vectors.nearest(word, 6)
            )
            print(f"{word}: {near}")


def print_where(run: Run, options: WordVectorOptions, language: str) -> None:
    """Prints where the vectors are and what can be done with them."""
    path = run.folder / "vectors.txt"
    classify = ["python", "-m", "roots_tf.train.classifier", "--embeddings", str(path)]
    classify += ["--embedding-dim", str(options.dim)]
    if language == "zh":
        classify += ["--data", "chnsenticorp"]
        if options.segmentation == "characters":
            classify += ["--han", "characters"]
    print(f"\nVectors: {path}")
    print(f"Use them: {shlex.join(classify)}")
    print(f"Watch it: tensorboard --logdir {run.folder.parent} (run {run.folder.name})")


def _open_corpus(folder: Path) -> EncodedCorpus | None:
    """Opens the ids of a process before this one, if it came so far."""
    try:
        return EncodedCorpus.open(folder)
    except (OSError, ValueError):
        return None
