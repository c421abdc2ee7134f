"""Every kind of printed command runs, as it stands, with settings that make it short.

A flag that is given twice counts as it is given last: behind the printed command stand
the short settings of its script. Names that the reader puts in, such as DIR, are those
of a model that an earlier command saved. What is not run is in `NOT_RUN`, with the
reason.
"""

import csv
import importlib.util
import inspect
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from tests.test_printed_commands import PRINTED, ROOT, script_of

pytestmark = pytest.mark.slow

TINY = "--epochs 1 --vocab-size 300 --hidden-size 16 --num-layers 1 --num-heads 2 "
# By script of roots_tf.train: what makes it short, and the data where none is printed.
SHORT = {
    "albert_pretrain": TINY + "--embedding-size 8 --max-length 32 --batches 5",
    "bert_finetune": "--epochs 1 --examples 64 --max-length 32",
    "bert_pretrain": TINY + "--max-length 32 --batches 5",
    "classifier": "--epochs 1 --max-length 16 --embedding-dim 8 --hidden-size 4",
    "diagnosis_gallery": "",
    "dialogue": TINY + "--vocab-size 1500 --max-length 32 --reply-length 8 --tested 20",
    "domain_adaptation": TINY + "--base-epochs 1 --base-batches 5 --batches 5 "
    "--characters 200000 --new-characters 50000 --context 16",
    "errata": "",
    "glove": "--dim 8",
    "gpt": TINY + "--batches 5 --context 16 --sample-length 5",
    "image_text_contrastive": "--epochs 1 --pictures 2 --hidden-size 16 --batch-size 9",
    "machine_translation": TINY + "--vocab-size 1500 --max-length 16 --num-beams 2",
    "mlp_by_hand": "--epochs 1 --vocab-size 200 --hidden-size 8",
    "optimizers": "--epochs 1 --vocab-size 200 --hidden-size 8",
    "pipeline": "--epochs 1 --vector-epochs 1 --trials 2 --dim 8 --max-length 10",
    "plan": "",
    "private_training": TINY + "--records 100 --public-records 100 --public-epochs 1 "
    "--canaries 4 --private-batch-size 50",
    "question_answering": TINY
    + "--vocab-size 1500 --examples 64 --max-length 32 --batch-size 16 "
    "--word-vector-epochs 1 --pool 50",
    "scaling_law": "--vocab-size 300 --widths 16,32 --tokens 1000,2000,3000 "
    "--held-out-width 48 --held-out-tokens 4000 --context 16",
    "summarization": TINY + "--source-length 32 --target-length 8 --num-beams 2",
    "t5_pretrain": TINY + "--source-length 32 --batches 5",
    "tagger": "--epochs 1 --embedding-dim 8 --hidden-size 4 --batch-size 256",
    "tune": "--epochs 1 --trials 2 --max-length 10 --vocab-size 100",
    "word2vec": "--dim 8",
}
TEXTS = ("albert_pretrain", "bert_pretrain", "gpt", "t5_pretrain", "word2vec", "glove")
DATA = {
    **dict.fromkeys(TEXTS, "input.txt"),
    **dict.fromkeys(("classifier", "mlp_by_hand", "optimizers"), "reviews_en"),
    "bert_finetune": "reviews_en",
    "tagger": "cluener",
    "question_answering": "passages_en",
    "summarization": "summaries.csv",
    "scaling_law": "input.txt",
}
# The script whose model DIR or FOLDER is.
MODELS = {
    "roots_tf.predict": "classifier",
    "roots_tf.generate": "gpt",
    "roots_tf.chat": "dialogue",
    "roots_tf.ask": "question_answering",
    "roots_tf.train.bert_finetune": "bert_pretrain",
    "roots_tf.train.question_answering": "bert_pretrain",
    "roots_tf.train.summarization": "t5_pretrain",
    "roots_tf.train.domain_adaptation": "gpt",
}
PUBLIC = ("imdb", "chnsenticorp", "thucnews", "sst2", "tatoeba", "cluener", "wnut17")
PUBLIC += ("csl_title", "zhwiki_slice", "tang_poems")
# Written into the project's own files: run in a copy of it.
WRITERS = ("roots_tf.errata", "roots_tf.glossary", "roots_tf.results", "notebooks/")
NOT_RUN = {
    "roots_tf.datasets fetch": "the network",
    "roots_tf.train.gpt --strategy multi-worker": "tests/train starts two workers",
    "roots_tf.train.diagnosis_gallery --set report": "minutes; the other set is run",
    "notebooks/build.py": "minutes, of which notebooks/build.py --check makes sure",
    "benchmarks.bilstm_to_bert": "hours: ten runs of seven models",
    "benchmarks.imdb_ablation": "hours: ten runs of train.classifier on IMDB",
    "benchmarks.imdb_few_labels": "an hour: ten runs of train.classifier on IMDB",
    "benchmarks.glove": "the authors' programs, compiled",
    "benchmarks.gpt_on_gpu": "an NVIDIA GPU",
    "benchmarks.word_map": "word vectors of Chinese Wikipedia, an hour's training",
}


def kinds() -> list[tuple[str, ...]]:
    """The commands, of those that differ in numbers alone the first; no lone flag."""
    found = {}
    for command in PRINTED:
        if len(command) == 2 and command[1].startswith("--") or "--help" in command:
            continue
        kind = tuple(word for word in command if not word[0].isdigit() or "." in word)
        found.setdefault(kind, command)
    return sorted(found.values())


def reason_not_to_run(command: tuple[str, ...]) -> str:
    line = " ".join(command)
    return next((why for start, why in NOT_RUN.items() if line.startswith(start)), "")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A folder with small data, where the commands leave what others need."""
    folder = tmp_path_factory.mktemp("workshop")
    words = ["red", "blue", "green", "dog", "cat", "bird", "runs", "sleeps", "sings"]
    lines = [
        f"The {words[i % 3]} {words[3 + i % 3]} {words[6 + i // 3 % 3]} by the house."
        for i in range(900)
    ]
    documents = ["\n".join(lines[i : i + 3]) for i in range(0, len(lines), 3)]
    (folder / "input.txt").write_text("\n\n".join(documents), encoding="utf-8")
    with open(folder / "summaries.csv", "w", encoding="utf-8", newline="") as file:
        rows = ([f"{line} Day {i} ends.", f"day {i}"] for i, line in enumerate(lines))
        csv.writer(file).writerows([["text", "summary"], *list(rows)[:300]])
    (folder / "pictures").mkdir()
    with open(folder / "pictures" / "captions.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "caption"])
        for i in range(60):
            picture = keras.utils.array_to_img([[[4 * i, 9, 200 - i]] * 8] * 8)
            picture.save(folder / "pictures" / f"{i}.png")
            table.writerow([f"{i}.png", f"{words[i % 3]} number {i}"])
    return folder


@pytest.fixture
def run(workshop, monkeypatch):
    """A function that runs a command in the workshop, in this process."""
    monkeypatch.chdir(workshop)
    monkeypatch.setattr("sys.stdin", open(os.devnull, encoding="utf-8"))

    def run(program: str, *arguments: str) -> None:
        keras.utils.clear_session()
        script = script_of(program)
        takes = inspect.signature(script.main).parameters
        status = script.main(list(arguments)) if takes else script.main()
        # The doctor's status 1: this machine lacks something, such as a font.
        assert not status or (program, status) == ("roots_tf.doctor", 1)

    return run


def model_of(script: str, workshop: Path, run) -> str:
    """The folder of a model that the script has saved, from the workshop."""
    command = f"roots_tf.train.{script}"
    folder = workshop / "tensorboard_logs" / "kept" / script
    if not folder.exists():
        more = ["--data", DATA[script]] if script in DATA else []
        log_dir = folder.parent.as_posix()
        run(command, *more, *shlex.split(SHORT[script]), "--log-dir", log_dir)
    (made,) = folder.glob("*/model")
    return made.relative_to(workshop).as_posix()


def put_in(program: str, arguments: list[str], workshop: Path, run) -> list[str]:
    """The arguments with real names where capital words stand."""
    own = {"image_text_contrastive": "pictures", "pipeline": f"{ROOT}/data/reviews_en"}
    own["tune"] = "runs"
    for script, folder in own.items():
        if program == f"roots_tf.train.{script}":
            folders = ("FOLDER", "/shared/runs")
            return [folder if a in folders else a for a in arguments]
    places = {"DIR", "FOLDER", "…/model"}
    places.add("tensorboard_logs/classifier/docstrings-bilstm/model")
    if not places & set(arguments):
        return arguments
    model = model_of(MODELS[program], workshop, run)
    return [model if argument in places else argument for argument in arguments]


TRAINED = [
    c for c in kinds() if c[0].startswith("roots_tf.") and not reason_not_to_run(c)
]
TRAINED = [c for c in TRAINED if not c[0].startswith(WRITERS)]


@pytest.mark.parametrize("command", TRAINED, ids=" ".join)
def test_a_printed_command_of_the_package_runs(command, workshop, run):
    program, *arguments = command
    script = program.removeprefix("roots_tf.train.")
    sets = {
        word for word in (*arguments, *DATA.get(script, "").split()) if word in PUBLIC
    }
    if sets and not os.environ.get("ROOTS_TF_DATA"):
        pytest.skip(f"ROOTS_TF_DATA names no folder with {', '.join(sets)}")
    arguments = put_in(program, arguments, workshop, run)

    if script != program:
        if script in DATA and "--data" not in arguments and "--task" not in arguments:
            arguments += ["--data", DATA[script]]
        arguments += shlex.split(SHORT[script])
        if sets & {"csl_title", "tatoeba"}:  # have more characters
            arguments += ["--vocab-size", "4000"]
        own_name = f"run{TRAINED.index(command)}"
        if script == "pipeline":
            arguments += ["--folder", own_name]
        elif script != "plan":
            arguments += ["--name", own_name]
    if program == "roots_tf.runs" and command[1:2] in (("compare",), ("export",)):
        arguments = ["--log-dir", str(ROOT / "tensorboard_logs"), *arguments]
        names = {"A": "recorded/imdb-bilstm", "B": "recorded/thucnews-bilstm"}
        arguments = [names.get(word, word) for word in arguments]

    run(program, *arguments)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "*egg-info", "tensorboard_*")
    shutil.copytree(ROOT, folder, ignore=left_out)
    records = "tensorboard_logs/recorded"
    shutil.copytree(ROOT / records, folder / records)
    return folder


def run_in(folder: Path, program: str, *arguments: str) -> None:
    how = [program] if program.endswith(".py") else ["-m", program]
    command = [sys.executable, *how, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    "command",
    [c for c in kinds() if c[0].startswith(WRITERS) and not reason_not_to_run(c)],
    ids=" ".join,
)
def test_a_printed_command_that_writes_into_the_project_leaves_it_in_step(
    command, copy
):
    names = ["README.md", "README.zh-CN.md", "GLOSSARY.md", "ERRATA.md"]
    before = [(copy / name).read_bytes() for name in names]

    run_in(copy, *command)

    assert [(copy / name).read_bytes() for name in names] == before


@pytest.mark.parametrize(
    "command",
    {
        c[0]: c for c in kinds() if "benchmarks" in c[0] and not reason_not_to_run(c)
    }.values(),
    ids=" ".join,
)
def test_a_printed_benchmark_runs(command, copy):
    program, *arguments = command
    arguments = [word for word in arguments if word not in ("--cases", "NAME")]
    text = (ROOT / f"{program.replace('.', '/')}.py").read_text(encoding="utf-8")
    for peer in ("torch", "transformers", "gensim", "optuna", "skopt"):
        if f" {peer}" in text and importlib.util.find_spec(peer) is None:
            pytest.skip(f"{peer} is not installed: pip install -e '.[peers]'")
    short = {"--quick": ["--quick"], "--rounds": ["--rounds", "1"]}
    short["--seeds"] = ["--seeds", "2"]
    arguments += [
        a for flag, more in short.items() if f'"{flag}"' in text for a in more
    ]

    run_in(copy, program, *arguments)


def test_what_is_not_run_is_printed_somewhere_and_little():
    lines = [" ".join(command) for command in kinds()]
    left_out = [command for command in kinds() if reason_not_to_run(command)]

    for start in NOT_RUN:
        assert any(line.startswith(start) for line in lines), start
    assert len(left_out) <= len(lines) / 5
