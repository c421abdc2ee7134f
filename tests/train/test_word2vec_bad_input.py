"""The Word2Vec script given what cannot be: one clear line, and nothing written."""

import re
import subprocess
import sys

import pytest

from roots_tf.datasets import plain_text
from roots_tf.train import word2vec
from roots_tf.word_vectors import context_windows, word2vec_fast, word2vec_objectives

SMALL = """--dim 8 --threads 1 --epochs 8 --learning-rate 0.1 --checkpoint-every 3
--words-watched rain,盐,fog"""
RUN = "topics-skip-gram"


def main(text, log_dir, *more):
    arguments = ["--data", text, "--log-dir", log_dir, *SMALL.split(), *more]
    word2vec.main(list(map(str, arguments)))
    return log_dir / "word2vec"


EVERY_WORD = ["--min-count", "1", "--segmentation", "spaces"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "{empty}"], r"empty: expected text, got only blank lines"),
        (["--data", "{blank}"], r"blank: expected text, got only blank lines"),
        (["--data", "{one_word}"], r"two or more different words, got only 'rain'"),
        (["--data", "{rare}"], r"seen 5 times or more \(min_count\), got 0 of 3"),
        (["--data", "{one_a_line}"], r"expected sentences of two words or more"),
        (["--data", "{binary}"], r"binary, line 1: expected text, got a NUL byte"),
        (["--data", "{latin1}"], r"latin1, line 1: expected UTF-8 text, got byte 0xe9"),
        (["--data", "{cut_gz}"], r"cut\.gz: expected a whole gzip file"),
        (["--data", "{no_texts}"], r"no_texts: expected \.txt or \.gz files, got none"),
        (["--data", "enwikislice"], r"did you mean enwiki_slice"),
        (["--data", "{good}", "--log-dir", "{good}"], r"--log-dir: cannot write to"),
        (
            ["--data", "{many}", "--objective", "full-softmax", *EVERY_WORD],
            r"expected 20,000 different words at most for full-softmax, got 20,001",
        ),
        (["--window", "0"], r"--window: expected 1 or more, got 0"),
        (["--negatives", "0"], r"--negatives: expected 1 or more, got 0"),
        (["--threads", "0"], r"--threads: expected 1 or more, got 0"),
        (["--max-vocab", "1"], r"--max-vocab: expected 2 or more, or 0, got 1"),
        (["--subsample", "-1"], r"--subsample: expected 0 or more, got -1"),
        (["--final-learning-rate", "2"], r"expected a share, 0 to 1, got 2"),
        (["--profile", "0:2"], r"--profile: expected the first and the last step"),
        (["--learning-rat", "1"], r"unknown flag --learning-rat; did you mean"),
        (["--objective", "softmax"], r"--objective: invalid choice: 'softmax'"),
        (["--resume"], r"--resume: expected a run in .*docstrings-skip-gram, got none"),
    ],
)
def test_bad_input_ends_with_one_clear_line_and_nothing_written(
    tmp_path, bad_texts, arguments, message, capfd
):
    logs = tmp_path / "logs"
    arguments = [argument.format(**bad_texts) for argument in arguments]
    if "--log-dir" not in arguments:
        arguments += ["--log-dir", str(logs)]

    with pytest.raises(SystemExit) as stop:
        word2vec.main(arguments)

    assert stop.value.code == 2
    errors = capfd.readouterr().err
    lines = [line for line in errors.splitlines() if "error:" in line]
    assert len(lines) == 1 and "Traceback" not in errors
    assert re.search(message, lines[0]), lines[0]
    assert not logs.exists()


def test_a_file_that_vanishes_while_it_is_read_ends_the_run_in_one_line(
    tmp_path, monkeypatch, capfd
):
    folder = tmp_path / "texts"
    folder.mkdir()
    first, second = folder / "a.txt", folder / "b.txt"
    for path in (first, second):
        path.write_text("rain and snow\n" * 20)
    read_lines = plain_text._read_lines

    def vanishing(path):
        yield from read_lines(path)
        second.unlink(missing_ok=True)

    monkeypatch.setattr(plain_text, "_read_lines", vanishing)

    with pytest.raises(SystemExit) as stop:
        main(folder, tmp_path / "logs")

    assert stop.value.code == 2
    error = capfd.readouterr().err.strip()
    assert re.fullmatch(r"error: .*No such file or directory: '.*b\.txt'", error)
    assert not (tmp_path / "logs").exists()


def test_runs_beside_one_with_bad_input_are_left_alone(
    two_topics, tmp_path, bad_texts, no_sets
):
    good = main(two_topics, tmp_path / "logs", "--epochs", "1") / RUN

    with pytest.raises(SystemExit):
        main(bad_texts["empty"], tmp_path / "logs")

    assert [path.name for path in (tmp_path / "logs" / "word2vec").iterdir()] == [RUN]
    assert (good / "vectors.txt").exists()


def test_the_names_to_choose_from_are_those_of_the_models():
    # Named twice, so that --help need not import TensorFlow.
    assert word2vec.OBJECTIVES == word2vec_objectives.OBJECTIVES
    assert set(word2vec.ARCHITECTURES) == set(word2vec_fast.LEARNING_RATES)
    assert set(word2vec.SUBSAMPLE_RULES) == set(context_windows.RULES)


def test_help_and_mistakes_are_answered_without_tensorflow():
    code = (
        "import sys; from roots_tf.train.word2vec import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: sys.exit('tensorflow' in sys.modules)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True)

    assert result.returncode == 0
    assert b"--architecture" in result.stdout
