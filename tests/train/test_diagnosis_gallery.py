"""The gallery: pairs of runs, what is told of them, and that the diagnosis is right."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring.diagnosis_findings import DEAD_UNITS, REMEDIES
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.train import diagnosis_gallery_run
from roots_tf.train.diagnosis_gallery import SEEDS, main
from roots_tf.train.diagnosis_gallery_parts import GALLERY
from roots_tf.train.diagnosis_gallery_run import Gallery, counts, table
from roots_tf.train.diagnosis_gallery_texts import SETS, Texts, content_hash


@pytest.fixture(scope="module")
def texts():
    """A hundred made-up texts of two classes, in both parts."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 100).astype(np.int32)
    ids = [generator.integers(2 + 20 * y, 22 + 20 * y, 9, np.int32) for y in labels]
    bags = np.stack([np.bincount(text, minlength=42)[2:] for text in ids])
    parts = ("train", "validation")
    return Texts(
        name="made-up",
        ids=dict.fromkeys(parts, ids),
        bags=dict.fromkeys(parts, bags.astype(np.float32)),
        labels=dict.fromkeys(parts, labels),
        vocab_size=42,
        num_classes=2,
        content_hash="0" * 64,
    )


def test_there_is_a_pair_for_every_trouble_that_can_be_named():
    assert set(GALLERY) == set(REMEDIES)


def test_what_is_reported_on_shares_neither_texts_nor_seeds_with_what_was_chosen_on():
    (choose, chosen_libraries), (report, libraries) = SETS.values()

    assert list(SETS) == list(SEEDS) == ["choose", "report"]
    assert choose != report
    assert not set(chosen_libraries) & set(libraries)
    seeds = [range(seed, seed + len(GALLERY)) for seed in SEEDS.values()]
    assert not set(seeds[0]) & set(seeds[1])


def row(trouble, *named):
    findings = [{"trouble": name, "evidence": "seen"} for name in named]
    return {"run": "a-run", "trouble": trouble, "findings": findings}


def test_a_run_is_named_rightly_if_its_trouble_is_named_and_none_beside_it():
    rows = [
        row("NaN", "NaN"),
        row("NaN", "NaN", "no mask"),
        row("NaN", "no mask"),
        row("NaN"),
        row(""),
        row("", "no mask"),
        row("", "no mask", "NaN"),
    ]

    assert counts(rows) == {
        "sick_runs": 4,
        "named_rightly": 1,
        "cured_runs": 3,
        "false_alarms": 2,
    }
    lines = table(rows).splitlines()
    assert lines[3] == "| a-run | NaN | NaN, no mask | seen; seen |"
    assert lines[6] == "| a-run | none | nothing |  |"


@pytest.mark.slow
def test_a_finished_run_is_read_and_one_cut_off_begins_again(
    texts, tmp_path, monkeypatch, capsys
):
    one = {DEAD_UNITS: GALLERY[DEAD_UNITS]}
    monkeypatch.setattr(diagnosis_gallery_run, "GALLERY", one)
    gallery = Gallery(tmp_path, {"reviews": texts}, 3, ["python", "-m", "x"])
    points = []
    record = SimpleNamespace(on_epoch_end=points.append)

    rows = list(gallery.run(record))

    assert [row["trouble"] for row in rows] == [DEAD_UNITS, ""]
    assert counts(rows)["named_rightly"] == 1 and counts(rows)["false_alarms"] == 0
    assert [point.epoch for point in points] == [3, 3]
    sick, cured = tmp_path / "dead-units-sick", tmp_path / "dead-units-cured"
    events = EventAccumulator(str(sick / "train")).Reload().Tags()["tensors"]
    assert {"diagnosis", "epoch/loss", "step/gradient_norm"} <= set(events)
    path = cured / "run.json"
    cut = {**json.loads(path.read_text()), "status": "running"}
    path.write_text(json.dumps(cut))
    capsys.readouterr()
    assert list(gallery.run(record)) == rows
    printed = capsys.readouterr().out
    assert "dead-units-cured" in printed and "dead-units-sick" not in printed


def test_a_run_that_ends_in_nan_is_a_result_too(texts, tmp_path, monkeypatch):
    make, _ = GALLERY["learning rate too high"]

    def at_once(texts, seed, sick):
        specimen = make(texts, seed, sick)
        if sick:
            specimen.loss = lambda labels, outputs: outputs[:, 0] * np.nan
        return specimen

    one = {"NaN": (at_once, "reviews")}
    monkeypatch.setattr(diagnosis_gallery_run, "GALLERY", one)
    gallery = Gallery(tmp_path, {"reviews": texts}, 3, ["python", "-m", "x"])
    with RunRecord(tmp_path, ["a"], {}, 3, "0", "made-up") as record:
        rows = list(gallery.run(record))
        record.finish({**counts(rows), "runs": rows})

    assert rows[0]["findings"][0]["trouble"] == "NaN"
    kept = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert kept["final_metrics"]["named_rightly"] == 1
    assert len(kept["curve"]) == 2


def test_the_hash_of_the_data_depends_on_all_texts(texts):
    one, two = content_hash([texts]), content_hash([texts, texts])

    assert re.fullmatch("[0-9a-f]{64}", one)
    assert one != two


def test_an_unknown_set_is_one_line(capfd):
    with pytest.raises(SystemExit) as stop:
        main(["--set", "both"])

    assert stop.value.code == 2
    assert "--set: invalid choice: 'both'" in capfd.readouterr().err


@pytest.mark.slow
def test_on_the_set_they_were_chosen_on_the_thresholds_name_every_trouble(
    tmp_path, capsys
):
    main(["--log-dir", str(tmp_path)])

    printed = capsys.readouterr().out
    assert "0 false alarms in 12 cured runs" in printed
    assert "12 of 12 sick runs named rightly" in printed
    folder = tmp_path / "diagnosis_gallery" / "choose"
    assert len(list(folder.glob("*/run.json"))) == 24
    (event,) = EventAccumulator(str(folder)).Reload().Tensors("diagnosis")
    assert b"| no-mask-sick | no mask | no mask |" in event.tensor_proto.string_val[0]


def test_the_recorded_report_names_nine_in_ten_and_raises_no_false_alarm(project):
    path = project / "tensorboard_logs" / "recorded" / "diagnosis_gallery.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))

    metrics = recorded["final_metrics"]

    assert recorded["command"].endswith("--set report")
    assert recorded["seed"] == SEEDS["report"]
    assert {row["trouble"] for row in metrics["runs"]} == {*GALLERY, ""}
    total = counts(metrics["runs"])
    assert {name: metrics[name] for name in total} == total
    assert total["named_rightly"] >= 0.9 * total["sick_runs"] > 9
    assert total["cured_runs"] > 9 and total["false_alarms"] == 0
