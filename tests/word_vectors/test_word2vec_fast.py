"""The fast loop as a whole: what it learns, that it repeats, and that it goes on."""

import numpy as np
import pytest

from roots_tf.word_vectors import large_table, word2vec_fast
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.word2vec_fast import FastWord2Vec

SMALL = {"dimension": 8, "subsample": 0, "window": 2}


def two_topics(sentences=400):
    """Gives sentences of words from one of two topics, never of both."""
    rng = np.random.default_rng(0)
    for _ in range(sentences):
        topic = rng.choice(["a", "b"])
        yield [f"{topic}{n}" for n in rng.integers(0, 6, 12)]


@pytest.fixture
def corpus(tmp_path):
    return EncodedCorpus.build(two_topics(), tmp_path / "corpus", min_count=1)


def train(trainer, rounds=None):
    reports = []
    for _ in range(trainer.rounds if rounds is None else rounds):
        reports.append(trainer.train_round())
    return reports


@pytest.mark.parametrize("objective", word2vec_fast.OBJECTIVES)
@pytest.mark.parametrize("architecture", word2vec_fast.LEARNING_RATES)
def test_words_of_one_topic_end_up_near_each_other(corpus, architecture, objective):
    options = {**SMALL, "epochs": 30}
    trainer = FastWord2Vec(corpus, architecture, objective, **options)

    reports = train(trainer)

    unit = trainer.vectors / np.linalg.norm(trainer.vectors, axis=1, keepdims=True)
    topics = np.array([word[0] for word in corpus.words])
    same = topics[:, None] == topics[None]
    cosines = unit @ unit.T
    np.fill_diagonal(same, False)
    others = topics[:, None] != topics[None]
    assert cosines[same].mean() > cosines[others].mean() + 0.3
    assert reports[-1].loss < reports[0].loss
    assert reports[-1].words == trainer.total_words == 30 * corpus.num_tokens


def test_with_one_thread_a_seed_gives_one_result(corpus):
    first, second, other = (
        FastWord2Vec(corpus, epochs=2, seed=seed, **SMALL) for seed in (3, 3, 4)
    )

    reports = [train(trainer) for trainer in (first, second, other)]

    assert reports[0] == reports[1]
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert not np.allclose(first.vectors, other.vectors)


def test_a_restored_trainer_goes_on_to_the_same_result(corpus, monkeypatch):
    monkeypatch.setattr(word2vec_fast, "PIECE", 1_000)
    whole = FastWord2Vec(corpus, epochs=2, **SMALL)
    reports = train(whole)
    interrupted = FastWord2Vec(corpus, epochs=2, **SMALL)
    train(interrupted, 7)
    state = {name: np.array(values) for name, values in interrupted.state().items()}
    train(interrupted, 1)

    resumed = FastWord2Vec(corpus, epochs=2, **SMALL)
    resumed.restore(state)
    rest = train(resumed, whole.rounds - resumed.round)

    assert whole.rounds > 8
    assert rest == reports[7:]
    np.testing.assert_array_equal(resumed.vectors, whole.vectors)


def test_two_threads_train_every_word_once_an_epoch(corpus, monkeypatch):
    monkeypatch.setattr(word2vec_fast, "PIECE", 1_000)
    trainer = FastWord2Vec(corpus, epochs=1, threads=2, **SMALL)

    reports = train(trainer)

    assert reports[-1].words == corpus.num_tokens


def test_the_learning_rate_falls_in_a_line_with_the_words(corpus, monkeypatch):
    monkeypatch.setattr(word2vec_fast, "PIECE", 1_000)
    options = {"learning_rate": 0.02, "final_learning_rate": 0.5}
    trainer = FastWord2Vec(corpus, epochs=1, **options, **SMALL)

    reports = train(trainer)

    for report in reports:
        done = report.words / trainer.total_words
        assert report.learning_rate == pytest.approx(0.02 * (1 - done / 2))
    assert reports[-1].learning_rate == pytest.approx(0.01)


def test_vectors_start_as_in_the_reference_code(corpus):
    trainer = FastWord2Vec(corpus, **SMALL)

    table = trainer.table.numpy()

    words = len(corpus.words)
    assert abs(table[:words]).max() <= 0.5 / 8
    assert table[:words].std() == pytest.approx(1 / 8 / np.sqrt(12), rel=0.2)
    assert (table[words:] == 0).all()


def test_a_table_filled_few_rows_at_a_time_is_the_same(corpus, monkeypatch):
    whole = FastWord2Vec(corpus, **SMALL).table.numpy()
    monkeypatch.setattr(large_table, "ROWS", 5)

    np.testing.assert_array_equal(FastWord2Vec(corpus, **SMALL).table, whole)


def test_growing_beyond_use_is_an_error_that_says_what_to_do(corpus):
    trainer = FastWord2Vec(corpus, learning_rate=1e4, epochs=9, **SMALL)

    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        train(trainer)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "cbov"}, "skip-gram, cbow, got 'cbov'"),
        ({"objective": "softmax"}, "hierarchical-softmax, got 'softmax'"),
        ({"window": 0}, "window of 1 or more, got 0"),
        ({"negatives": 0}, "negatives of 1 or more, got 0"),
        ({"dimension": 0}, "dimension of 1 or more, got 0"),
        ({"threads": 0}, "threads of 1 or more, got 0"),
        ({"learning_rate": 0.0}, "learning_rate over 0, got 0.0"),
        ({"final_learning_rate": 2}, "of 0 to 1, got 2"),
        ({"subsample": -1}, "subsample of 0 or more, got -1"),
    ],
)
def test_what_cannot_be_is_refused(corpus, options, message):
    with pytest.raises(ValueError, match=message):
        FastWord2Vec(corpus, **options)
