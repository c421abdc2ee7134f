"""The table of runs, two compared, one exported, old ones removed."""

import base64
import json
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.monitoring.example_scores import (
    FILE,
    read_example_scores,
    write_example_scores,
)
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.runs import main

COMMAND = ["python", "-m", "roots_tf.train.classifier", "--seed", "1"]


@pytest.fixture
def logs(tmp_path):
    """Two finished runs on the same texts, one that failed, one that was killed."""
    folder = tmp_path / "logs"
    for name, seed, accuracy in (("first", 1, 0.6), ("second", 2, 0.8)):
        options = {"seed": seed, "data": "reviews_en"}
        run = folder / "classifier" / name
        with RunRecord(run, COMMAND, options, seed, "ab" * 32, "reviews_en") as record:
            record.finish({"loss": 1.0 - accuracy, "accuracy": accuracy})
        right = np.arange(200) < 200 * accuracy
        write_example_scores(run, "accuracy", right, map(str, range(200)))
    with pytest.raises(RuntimeError):
        with RunRecord(folder / "gpt" / "sick", COMMAND, {}, 1, "ab" * 32, "text"):
            raise RuntimeError("NaN <b>")
    killed = folder / "gpt" / "killed"
    RunRecord(killed, COMMAND, {}, 1, "ab" * 32, "text")
    for path in (killed / "run.json", killed):
        os.utime(path, (time.time() - 3_600,) * 2)
    return folder


def run(logs, *words):
    main(["--log-dir", str(logs), *words])


def test_the_table_names_each_run_its_metric_and_its_state(logs, capsys):
    run(logs)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    states = {line[0]: line[-1] for line in lines[1:]}
    assert states == {
        "classifier/first": "finished",
        "classifier/second": "finished",
        "gpt/killed": "stopped",
        "gpt/sick": "failed",
    }
    assert lines[1][2:4] == ["accuracy", "0.6000"]


def test_a_run_that_still_writes_is_running(logs, capsys):
    (logs / "gpt" / "killed" / "events").write_text("a new point")

    run(logs, "list")

    assert re.search(r"gpt/killed .*running$", capsys.readouterr().out, re.M)


def test_two_runs_are_compared_in_options_results_and_by_a_paired_test(logs, capsys):
    run(logs, "compare", "first", "second")

    text = capsys.readouterr().out
    assert re.search(r"^option seed +1  \|  2$", text, re.M)
    assert re.search(r"^result accuracy +0\.6000  \|  0\.8000$", text, re.M)
    assert "data" not in text.replace("option data", "")  # the same in both
    # 40 of 200 texts were won and none lost: 0.2 +- 1.96 sqrt(0.2 0.8 / 200) = 5.5
    found = re.search(r"second beats .* by (\S+) points \(95 % interval (\S+) to", text)
    difference, low = map(float, found.groups())
    assert difference == pytest.approx(20.0)
    assert low == pytest.approx(20 - 5.5, abs=1.0)


def test_runs_on_other_texts_get_no_interval(logs, capsys):
    second = logs / "classifier" / "second"
    write_example_scores(second, "accuracy", np.ones(200), map(str, range(1, 201)))

    run(logs, "compare", "first", "second")

    assert "No interval: the two were scored" in capsys.readouterr().out


def test_the_report_holds_the_runs_story_in_one_file_without_links(logs, tmp_path):
    folder = logs / "gpt" / "sick"
    with RunMonitor(folder) as monitor:
        for step in range(5):
            monitor.scalars("train", step, {"step/loss": 1.0 / (step + 1)})
        monitor.image("test", 1, "confusion_matrix", np.zeros((4, 5, 3), np.uint8))
        monitor.text("train", 0, "about", "what <i>it</i> is 中文")
    path = tmp_path / "report.html"

    run(logs, "export", "sick", "--to", str(path))

    text = path.read_text(encoding="utf-8")
    assert "NaN &lt;b&gt;" in text and "what &lt;i&gt;it&lt;/i&gt; is 中文" in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    pictures = re.findall(r"data:image/png;base64,([^\"]+)", text)
    shapes = [tf.io.decode_png(base64.b64decode(p)).shape for p in pictures]
    assert len(shapes) == 2 and shapes[1] == (4, 5, 3)


def test_clean_lists_first_and_removes_with_yes_only_what_did_not_finish(logs, capsys):
    run(logs, "clean")
    listed = capsys.readouterr().out
    assert "would remove gpt/killed (stopped)" in listed and "--yes" in listed
    assert (logs / "gpt" / "sick").exists()

    run(logs, "clean", "--yes")

    assert not (logs / "gpt" / "sick").exists()
    assert not (logs / "gpt" / "killed").exists()
    assert (logs / "classifier" / "first" / "run.json").exists()


def test_clean_spares_what_is_younger_and_kept_records(logs, capsys):
    (logs / "recorded").mkdir()
    kept = logs / "recorded" / "kept.json"
    kept.write_text((logs / "gpt" / "sick" / "run.json").read_text("utf-8"), "utf-8")

    run(logs, "clean", "--yes", "--older-than", "1")

    assert "No run is" in capsys.readouterr().out
    assert kept.exists() and (logs / "gpt" / "sick").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["compare", "first", "none"], "expected the name of one run, got 'none'"),
        (["export", "nothing"], "there are: classifier/first"),
        (["clean", "--state", "odd"], "--state: expected some of finished"),
        (["clean", "--older-than", "-1"], "--older-than: expected 0 or more"),
    ],
)
def test_bad_input_is_refused_in_a_line(logs, words, expected, capsys):
    with pytest.raises(SystemExit) as left:
        run(logs, *words)

    assert left.value.code == 2
    text = capsys.readouterr().err
    assert expected in text and len(text.splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"status": "finished"}'])
def test_a_damaged_record_is_named(logs, content, capsys):
    (logs / "gpt" / "sick" / "run.json").write_text(content)

    with pytest.raises(SystemExit) as left:
        run(logs)

    assert left.value.code == 2
    assert "expected the record of a run" in capsys.readouterr().err


def test_damaged_scores_are_named(tmp_path):
    (tmp_path / FILE).write_bytes(b"PK\x03\x04 no archive")

    with pytest.raises(ValueError, match="cannot be read"):
        read_example_scores(tmp_path)
    assert read_example_scores(tmp_path / "elsewhere") is None


def test_the_kept_records_of_the_project_are_listed(project):
    words = [sys.executable, "-m", "roots_tf.runs", "list"]
    ran = subprocess.run(words, cwd=project, capture_output=True, text=True)

    names = {
        path.stem for path in (project / "tensorboard_logs/recorded").glob("*.json")
    }
    assert ran.returncode == 0, ran.stderr
    assert names <= set(re.findall(r"^recorded/(\S+)", ran.stdout, re.M))


def test_the_record_says_which_commit_ran(logs, project):
    if not (project / ".git").exists():
        pytest.skip("the project is not under git here")
    record = json.loads((logs / "gpt" / "sick" / "run.json").read_text("utf-8"))

    head = subprocess.run(
        ["git", "-C", str(project), "rev-parse", "HEAD"], capture_output=True, text=True
    ).stdout.strip()

    assert head.startswith(record["revision"].rstrip("+"))
