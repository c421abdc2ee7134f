"""Word2Vec beside gensim: speed, memory and quality on the same text, turn by turn.

``python -m benchmarks.word2vec [--rounds 3] [--cases NAME …] [--quick]``

Both read the same text file of words between spaces, with the same settings:
dimension 100, window 5, 5 noise words, min_count 5, subsampling 1e-3, 2 threads; each
round has its own seed. gensim reads it in its fastest way (``corpus_file``). There each
thread lets the learning rate fall by its own share of the text only, so that with two
threads it ends at half its start, not near zero; ours is told to end there too.
* words/s: words of the text trained on a second, loop alone;
* text to file: seconds from the text file to the saved vectors, all included;
* memory: largest resident memory of the process;
* analogies (3CosAdd, 30,000 words), similarities (Spearman): of the sets at hand in
  ROOTS_TF_DATA, in the corpus's language.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

RIVALS = ["roots_tf", "gensim"]
THREADS = 2
LEARNING_RATES = {"skip-gram": 0.025, "cbow": 0.05}
# name: (corpus, architecture, objective, epochs)
CASES = {
    "en skip-gram": ("enwiki_slice", "skip-gram", "negative-sampling", 1),
    "en CBOW": ("enwiki_slice", "cbow", "negative-sampling", 1),
    "docstrings skip-gram": ("docstrings", "skip-gram", "negative-sampling", 3),
    "docstrings CBOW": ("docstrings", "cbow", "negative-sampling", 3),
    "zh skip-gram": ("zhwiki_slice", "skip-gram", "negative-sampling", 2),
    "zh CBOW": ("zhwiki_slice", "cbow", "negative-sampling", 2),
    "en skip-gram, tree": ("enwiki_slice", "skip-gram", "hierarchical-softmax", 1),
    "en CBOW, tree": ("enwiki_slice", "cbow", "hierarchical-softmax", 1),
}
SETS = {
    "en": (["questions-words"], ["wordsim-353", "simlex-999"]),
    "zh": (["ca8-morphological", "ca8-semantic"], ["wordsim-240"]),
}


COSTS = ("words/s", "text to file (s)", "text to file (CPU s)", "memory (MB)")


def text_file(corpus: str, quick: bool) -> Path:
    """Gives the corpus as a file of words between spaces, made once."""
    from roots_tf.datasets.plain_text import load_plain_text
    from roots_tf.text.sentence_stream import tokenize_lines

    folder = Path(tempfile.gettempdir()) / "roots_tf_benchmarks"
    folder.mkdir(exist_ok=True)
    path = folder / f"{corpus}{'-quick' if quick else ''}.txt"
    if not path.exists():
        temporary = path.with_suffix(".tmp")
        with open(temporary, "w", encoding="utf-8") as file:
            sentences = tokenize_lines(load_plain_text(corpus), "words")
            for number, sentence in enumerate(sentences):
                if quick and number == 3_000:
                    break
                file.write(" ".join(sentence) + "\n")
        os.replace(temporary, path)
    return path


def train_roots_tf(path, case, seed, folder):
    """Trains ours; gives the words trained, the loop's seconds, the saved file."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
    from roots_tf.word_vectors.word2vec_fast import FastWord2Vec
    from roots_tf.word_vectors.word_vector_files import save_word_vectors
    from roots_tf.word_vectors.word_vector_table import WordVectors

    _, architecture, objective, epochs = CASES[case]
    with open(path, encoding="utf-8") as file:
        corpus = EncodedCorpus.build((line.split() for line in file), folder / "ids")
    trainer = FastWord2Vec(
        corpus,
        architecture,
        objective,
        learning_rate=LEARNING_RATES[architecture],
        final_learning_rate=1 - 1 / THREADS,
        epochs=epochs,
        threads=THREADS,
        seed=seed,
    )
    start = time.perf_counter()
    for _ in range(trainer.rounds):
        trainer.train_round()
    seconds = time.perf_counter() - start
    table = WordVectors(corpus.words, trainer.vectors, corpus.counts)
    saved = folder / "vectors.bin"
    save_word_vectors(table, saved, "word2vec-binary")
    return trainer.total_words, seconds, saved


def train_gensim(path, case, seed, folder):
    """The same by gensim."""
    from gensim.models import Word2Vec

    _, architecture, objective, epochs = CASES[case]
    tree = objective == "hierarchical-softmax"
    model = Word2Vec(
        vector_size=100,
        window=5,
        min_count=5,
        sg=int(architecture == "skip-gram"),
        hs=int(tree),
        negative=0 if tree else 5,
        sample=1e-3,
        alpha=LEARNING_RATES[architecture],
        workers=THREADS,
        seed=seed,
    )
    model.build_vocab(corpus_file=str(path))
    start = time.perf_counter()
    model.train(
        corpus_file=str(path),
        total_words=model.corpus_total_words,
        total_examples=model.corpus_count,
        epochs=epochs,
    )
    seconds = time.perf_counter() - start
    saved = folder / "vectors.bin"
    model.wv.save_word2vec_format(saved, binary=True)
    words = sum(model.wv.get_vecattr(w, "count") for w in model.wv.index_to_key)
    return words * epochs, seconds, saved


def quality(path, language) -> dict[str, float]:
    """Evaluates saved vectors on the sets at hand."""
    from roots_tf.datasets.word_relations import load_analogies, load_similarities
    from roots_tf.word_vectors.evaluation import (
        analogy_accuracy,
        similarity_correlation,
    )
    from roots_tf.word_vectors.word_vector_files import load_word_vectors

    vectors, scores = load_word_vectors(path), {}
    analogies, similarities = SETS[language]
    for names, load in ((analogies, load_analogies), (similarities, load_similarities)):
        for name in names:
            try:
                questions = load(name)
            except (ValueError, OSError) as error:
                print(f"{name}: {error}", file=sys.stderr)
                continue
            if load is load_analogies:
                scores[name] = 100 * analogy_accuracy(vectors, questions).total.accuracy
            else:
                scores[name] = similarity_correlation(vectors, questions).spearman
    return scores


def run(rival, case, seed, quick) -> dict[str, float]:
    """Trains and evaluates once, in this process."""
    path = text_file(CASES[case][0], quick)
    train = {"roots_tf": train_roots_tf, "gensim": train_gensim}[rival]
    with tempfile.TemporaryDirectory() as folder:
        start, cpu = time.perf_counter(), time.process_time()
        words, seconds, saved = train(path, case, seed, Path(folder))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        values = dict(zip(COSTS, (words / seconds, wall, cpu, memory), strict=True))
        language = "zh" if case.startswith("zh") else "en"
        return {**values, **quality(saved, language)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="little text: a trial")
    parser.add_argument("--rival", choices=[*RIVALS, "text"], help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rival:
        (case,) = options.cases
        if options.rival == "text":
            print(json.dumps(str(text_file(CASES[case][0], options.quick))))
            return
        print(json.dumps(run(options.rival, case, options.seed, options.quick)))
        return

    from benchmarks.paired import compare

    more = ["--quick"] if options.quick else []
    compare("word2vec", RIVALS, options.cases, options.rounds, list(COSTS), more)


if __name__ == "__main__":
    main()
