"""What a reader sees: TensorBoard in a real browser, on a short run of every script.

Needs Chromium and the package playwright, which drives it (extra `parity`). Three
scripts, one of each kind of training loop, are looked at with the other parity tests,
the rest with the slow ones.
"""

import csv
import json
import random
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
TINY = "--num-layers 1 --num-heads 2 --hidden-size 16 --batch-size 8 --epochs 1"
BERT = "--vocab-size 120 --max-length 24"
WORD_VECTORS = "--data {text} --epochs 2 --dim 8 --min-count 1 --threads 1"
BAG = "--data {reviews} --epochs 1 --hidden-size 8 --log-every 1"
# Script -> its flags: the smallest run that writes all that the script writes.
SCRIPTS = {
    "classifier": "--data {reviews} --epochs 2 --hidden-size 8 --embedding-dim 8",
    "word2vec": WORD_VECTORS,
    "gpt": f"--data {{text}} {TINY} --tokenizer characters --batches 25 --context 16",
    "glove": WORD_VECTORS,
    "tagger": "--data wnut17 --epochs 1 --hidden-size 8 --embedding-dim 8",
    "bert_pretrain": f"--data {{text}} {TINY} {BERT} --batches 25",
    "albert_pretrain": f"--data {{text}} {TINY} {BERT} --batches 25 --embedding-size 8",
    "bert_finetune": f"--data {{reviews}} {TINY} {BERT}",
    "t5_pretrain": f"--data {{text}} {TINY} --batches 25 --vocab-size 160 "
    "--source-length 16",
    "machine_translation": "--data {pairs} --epochs 1 --hidden-size 16 "
    "--vocab-size 60 --max-length 16 --num-beams 2",
    "question_answering": f"--data {{questions}} {TINY} {BERT} --pool 10 --train",
    "summarization": f"--data {{summaries}} {TINY} --vocab-size 90 --num-beams 2 "
    "--source-length 24 --target-length 8",
    "dialogue": f"--data {{talks}} {TINY} {BERT} --reply-length 8",
    "mlp_by_hand": BAG,
    "optimizers": f"{BAG} --optimizers sgd,adam --learning-rate 0.01",
    "tune": "--data {reviews} --epochs 1 --trials 2 --search random --max-length 10 "
    "--vocab-size 100",
    "diagnosis_gallery": "",
    "errata": "",
    "scaling_law": "--data {text} --tokenizer characters --widths 16,32 --tokens "
    "1024,2048,4096 --context 16 --held-out-width 32 --held-out-tokens 8192 "
    "--batch-size 8 --num-layers 1 --validation 0.1",
    "private_training": f"--data {{text}} {TINY} --records 60 --public-records 80 "
    "--public-epochs 1 --canaries 2 --vocab-size 300 --private-batch-size 31",
    "domain_adaptation": f"--old {{text}} --data {{kitchen}} {TINY} --context 16 "
    "--vocab-size 300 --base-epochs 1 --base-batches 25 --batches 25",
    "image_text_contrastive": "--pictures 1 --batch-size 40 --hidden-size 16 "
    "--num-layers 1 --epochs 1",
}
# Of roots_tf/train/: the one trains nothing, the other runs the scripts above.
NO_RUN_OF_THEIR_OWN = {"plan", "pipeline"}
PARITY = ("classifier", "word2vec", "gpt")
# The gallery with the first of its troubles alone: all take minutes.
SHORT_GALLERY = """
import sys
from roots_tf.train import diagnosis_gallery, diagnosis_gallery_run
first, *_ = diagnosis_gallery_run.GALLERY.items()
diagnosis_gallery_run.GALLERY = dict([first])
diagnosis_gallery.main(sys.argv[1:])
"""
# Tab -> what is there if it shows data; Playwright looks into shadow roots.
TABS = {
    "timeseries": ["card-view"],
    "scalars": ["text=/(epoch|step).(loss|accuracy)/"],
    "custom_scalars": [
        "text=Learning: does it get better?",
        "text=/Matches \\([1-9]/",  # a chart has found its curves
    ],
    "histograms": ["vz-histogram-timeseries svg"],
    "distributions": ["vz-distribution-chart svg"],
    "graphs": ["tf-graph-scene g.node"],
    "images": ["tf-image-loader img"],
    "text": ["text=What to look at first"],
    "pr_curves": ["text=/pr_curve/"],
    "hparams": ["text=Trial ID", "text=/^\\s*[0-9]+\\.[0-9]+\\s*$/"],
    "projector": ["text=/Total variance described: [0-9]/"],
}
STORY = ("timeseries", "scalars", "hparams", "custom_scalars", "text")
WEIGHTS = (*STORY, "histograms", "distributions")
MODEL = (*WEIGHTS, "graphs")
# Script -> the tabs that it writes for.
WRITES = {
    "classifier": (*MODEL, "images", "pr_curves", "projector"),
    "tagger": (*MODEL, "projector"),
    "bert_finetune": (*MODEL, "images", "pr_curves"),
    **dict.fromkeys(("word2vec", "glove"), (*STORY, "projector")),
    **dict.fromkeys(("gpt", "t5_pretrain"), (*MODEL, "images")),
    **dict.fromkeys(("bert_pretrain", "albert_pretrain"), (*MODEL, "images")),
    "machine_translation": (*MODEL, "images"),
    **dict.fromkeys(("question_answering", "summarization", "dialogue"), MODEL),
    **dict.fromkeys(("mlp_by_hand", "optimizers", "diagnosis_gallery"), WEIGHTS),
    "tune": STORY,
    "scaling_law": (*STORY, "images"),
    "private_training": WEIGHTS,
    "domain_adaptation": MODEL,
    "image_text_contrastive": (*MODEL, "images"),
    "errata": ("timeseries", "scalars", "custom_scalars", "images", "text"),
}
# A script that trains nothing shows other things than a training.
INSTEAD = {
    ("errata", "scalars"): ["text=/mean right loss/"],
    ("errata", "custom_scalars"): [
        "text=The printed form beside the right one",
        "text=/Matches \\([1-9]/",
    ],
    ("errata", "text"): ["text=/The printed CBOW loss is constant/"],
}
# Of what a script is known by, more than a tab's own look.
ALSO = {
    ("classifier", "images"): ["text=confusion_matrix"],
    ("classifier", "text"): ["text=/parameters, of which/"],
    ("classifier", "hparams"): ["text=/final.accuracy/"],
    ("classifier", "histograms"): ["text=gradient"],
    ("gpt", "histograms"): ["text=gradient"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Small texts of each kind, by name."""
    folder, draw = tmp_path_factory.mktemp("data"), random.Random(0)
    topics = ["rain snow wind cloud 雨 雪".split(), "bread soup salt butter 面".split()]
    documents = [
        " ".join(f"{' '.join(draw.choices(topics[n % 2], k=4))}." for _ in range(6))
        for n in range(250)
    ]
    (folder / "text.txt").write_text("\n\n".join(documents), encoding="utf-8")
    kitchen = "\n\n".join(documents[1::2])
    (folder / "kitchen.txt").write_text(kitchen, encoding="utf-8")
    rows = {
        "reviews.csv": [("text", "label")]
        + [
            (" ".join(draw.choices(topics[n % 2], k=6)), ("天气", "kitchen")[n % 2])
            for n in range(120)
        ],
        "pairs.csv": [("zh", "en")]
        + [(f"我有{n}本书", f"I have {n} books") for n in range(120)],
        "summaries.csv": [("text", "summary")]
        + [
            (f"Here it is. Day {n} brings rain to us.", f"rain {n}") for n in range(120)
        ],
    }
    for name, table in rows.items():
        with open(folder / name, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
    paragraphs = [
        {
            "context": f"雨 雪 金 n{n}",
            "qas": [
                {
                    "question": f"rain and snow {n}",
                    "answers": [{"text": "雨", "answer_start": 0}],
                }
            ],
        }
        for n in range(120)
    ]
    questions = {"data": [{"paragraphs": paragraphs}]}
    (folder / "questions.json").write_text(json.dumps(questions))
    (folder / "talks").mkdir()
    for part, first in {"train": 100, "validation": 300, "test": 400}.items():
        talks = [
            {"turns": [f"{n}. I am Ann{n}.", f"Hi Ann{n}!", "Bye."]}
            for n in range(first, first + 40)
        ]
        lines = "\n".join(map(json.dumps, talks))
        (folder / "talks" / f"{part}.jsonl").write_text(lines)
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield started
        started.close()


def train(script, data, log_dir):
    """Runs a script for a moment, in a process of its own."""
    command = [sys.executable, "-m", f"roots_tf.train.{script}"]
    if script == "diagnosis_gallery":
        command[1:] = ["-c", SHORT_GALLERY]
    command += ["--log-dir", str(log_dir), *SCRIPTS[script].format(**data).split()]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return log_dir / script


@contextmanager
def tensorboard(folder):
    """A TensorBoard that has read the runs of a folder; it ends with this process."""
    from tensorboard import program

    server = program.TensorBoard()
    host = ("--host", "127.0.0.1", "--load_fast", "false", "--reload_interval", "1")
    server.configure((None, "--logdir", str(folder), *host, "--port", "0"))
    address = server.launch()
    limit = time.monotonic() + 180
    while not _has_read(address, folder):
        assert time.monotonic() < limit
        time.sleep(0.5)
    yield address


def _has_read(address, folder):
    runs = {path.parent for path in folder.rglob("events.out.tfevents.*")}
    with urllib.request.urlopen(f"{address}data/runs", timeout=30) as reply:
        return len(json.load(reply)) >= len(runs)


def test_every_training_script_is_looked_at(project):
    scripts = {
        path.stem
        for path in (project / "roots_tf" / "train").glob("*.py")
        if "\ndef main(" in path.read_text(encoding="utf-8")
    }

    assert set(SCRIPTS) == set(WRITES) == scripts - NO_RUN_OF_THEIR_OWN


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            name, marks=pytest.mark.parity if name in PARITY else pytest.mark.slow
        )
        for name in SCRIPTS
    ],
)
def test_each_tab_shows_the_data_of_a_run_and_no_error(
    script, browser, data, tmp_path, request
):
    if script == "tagger":  # its data are public sets alone
        request.getfixturevalue("real_data")
    folder = train(script, data, tmp_path)
    errors = []

    with tensorboard(folder) as address:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda line: errors.append(line.text) if line.type == "error" else None,
        )
        for tab in WRITES[script]:
            page.goto(f"{address}#{tab}")
            place = page
            if tab == "projector":  # in a frame of its own, within that of the plugin
                place = page.frame_locator("iframe").frame_locator("iframe")
            looks = INSTEAD.get((script, tab), TABS[tab])
            for selector in [*looks, *ALSO.get((script, tab), ())]:
                seen = place.locator(selector).locator("visible=true")
                seen.first.wait_for(timeout=60_000)
            assert not errors, tab
        page.close()
