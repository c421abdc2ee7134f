"""The tagger script on real sentences, in a process of its own."""

import json
import re
import subprocess
import sys

import pytest

from roots_tf.predict import main as predict


@pytest.fixture(scope="module")
def finished(real_data, tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs")
    command = [sys.executable, "-m", "roots_tf.train.tagger", "--data", "wnut17"]
    command += ["--epochs", "2", "--embedding-dim", "16", "--hidden-size", "16"]
    command += ["--learning-rate", "0.01", "--log-dir", str(log_dir)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return log_dir / "tagger" / "wnut17", result.stdout


def test_the_scores_of_every_entity_type_are_printed(finished):
    _, output = finished

    for kind in ("person", "location", "creative-work", "all"):
        assert re.search(rf"^{kind} +0\.\d{{4}}  0\.\d{{4}}", output, re.M), kind
    # The test part has 1,079 entities (Derczynski et al. 2017, table 3).
    assert re.search(r"^all .* 1,079$", output, re.M)


def test_the_validation_scores_are_in_the_record(finished):
    folder, _ = finished

    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))

    assert [set(point["validation"]) for point in record["curve"]] == [
        {"precision", "recall", "f1"}
    ] * 2
    assert record["final_metrics"]["f1"] >= 0


def test_the_saved_tagger_reads_running_text(finished, capsys):
    folder, _ = finished

    predict([str(folder / "model"), "--json", "I am in New York, 在纽约"])

    row = json.loads(capsys.readouterr().out)
    assert row["text"] == "I am in New York, 在纽约"
    assert all(set(entity) == {"type", "text"} for entity in row["entities"])


def test_a_set_that_is_not_there_ends_with_one_line(tmp_path, monkeypatch, capfd):
    from roots_tf.train.tagger import main

    monkeypatch.setenv("ROOTS_TF_DATA", str(tmp_path))

    with pytest.raises(SystemExit) as stop:
        main(["--data", "msra", "--log-dir", str(tmp_path / "logs")])

    assert stop.value.code == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if "error:" in line]
    assert len(lines) == 1 and "msra" in lines[0]
    assert not (tmp_path / "logs").exists()
