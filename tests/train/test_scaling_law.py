"""The script of the scaling law: its runs, its rows, and what it makes of them."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.monitoring.scaling_figure import scaling_law_image
from roots_tf.train.scaling_law import ScalingLawOptions, main
from roots_tf.train.scaling_law_parts import (
    FreshWindows,
    family,
    fit_rows,
    read_rows,
    report,
    write_rows,
)
from roots_tf.trends.scaling_law import ScalingLaw

SMALL = ["--widths", "16,32", "--tokens", "1024,2048,4096", "--context", "16"]
SMALL += ["--held-out-width", "32", "--held-out-tokens", "8192", "--batch-size", "8"]
SMALL += ["--num-layers", "1", "--tokenizer", "characters", "--learning-rate", "0.01"]
SMALL += ["--validation", "0.1"]


def rows_of(law: ScalingLaw) -> list[dict]:
    sizes = [(n, d) for n in (2e4, 6e4, 2e5) for d in (2e5, 5e5, 1e6)]
    return [
        {
            "key": f"{n} {d}",
            "width": 16,
            "held_out": (n, d) == (6e5, 4e6),
            "parameters": int(n),
            "tokens": int(d),
            "flops": 6 * n * d,
            "loss": float(law.loss(n, d)),
        }
        for n, d in [*sizes, (6e5, 4e6)]
    ]


def test_the_family_is_all_sizes_by_all_tokens_and_the_held_out_run_is_last():
    options = ScalingLawOptions(widths="32,16", tokens="500,100,200")

    runs = family(options)

    sizes = {(run.width, run.tokens) for run in runs[:-1]}
    assert sizes == {(w, t) for w in (16, 32) for t in (100, 200, 500)}
    assert [run.held_out for run in runs] == [False] * 6 + [True]


def test_windows_are_fresh_every_token_is_asked_for_once_at_most():
    windows = FreshWindows(np.arange(1_000, dtype=np.int32), 9, 4, tokens=300, seed=3)

    batches = [(x.numpy(), y.numpy()) for x, y in windows(1)]

    assert len(batches) == len(windows) == 8  # 8 x 4 x 9 = 288 of 300
    for token_ids, targets in batches:
        np.testing.assert_array_equal(targets, token_ids + 1)
    asked = np.concatenate([targets.ravel() for _, targets in batches])
    assert len(set(asked)) == len(asked) == 288


@pytest.mark.parametrize("tokens", [35, 2_000])
def test_more_tokens_than_the_text_has_or_less_than_a_batch_are_refused(tokens):
    with pytest.raises(ValueError, match="36 tokens or more, and no more than the 999"):
        FreshWindows(np.arange(1_000, dtype=np.int32), 9, 4, tokens)


def test_the_held_out_run_is_not_fitted_but_predicted():
    truth = ScalingLaw(1.5, 30.0, 0.4, 60.0, 0.3)
    rows = rows_of(truth)
    rows[-1]["loss"] *= 1.1  # if it were fitted, the error would not be all of it

    law, measures = fit_rows(rows)

    right = float(truth.loss(6e5, 4e6))
    assert measures["predicted_loss"] == pytest.approx(right, rel=1e-3)
    assert measures["error"] == pytest.approx(1 / 1.1 - 1, abs=1e-3)
    assert measures["lowest_without_one_run"] <= measures["predicted_loss"] * 1.001
    assert "Held out: predicted" in report(rows, law, measures)


def test_the_picture_has_the_runs_and_the_law():
    truth = ScalingLaw(1.5, 30.0, 0.4, 60.0, 0.3)
    points = [(r["parameters"], r["tokens"], r["loss"]) for r in rows_of(truth)]

    picture = scaling_law_image(points[:-1], points[-1], truth.loss)

    assert picture.dtype == np.uint8 and picture.shape[2] == 3
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50  # lines in colours


def test_rows_are_read_as_written_and_damaged_ones_are_named(tmp_path):
    path = tmp_path / "rows.json"
    assert read_rows(path) == {"rows": [], "monitor": None, "record": None}
    write_rows(path, [{"key": "a", "loss": 1.5}], {"event_files": {}}, {"curve": []})

    kept = read_rows(path)

    assert kept == {
        "rows": [{"key": "a", "loss": 1.5}],
        "monitor": {"event_files": {}},
        "record": {"curve": []},
    }
    path.write_text('{"rows": ')
    with pytest.raises(ValueError, match="rows.json: expected rows of a run"):
        read_rows(path)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--widths", "16,x"], "--widths: expected different whole numbers"),
        (["--widths", "16,24"], "multiples of 16, got 24"),
        (["--widths", "16", "--tokens", "1,2"], "--widths: expected 2 numbers or more"),
        (["--held-out-tokens", "100"], "--held-out-tokens: expected 4096 or more"),
        (["--held-out-tokens", "99999999"], "no more than the"),
    ],
)
def test_what_cannot_be_run_ends_with_one_line_and_no_folder(
    arguments, message, two_topics, tmp_path, capfd
):
    given = ["--data", str(two_topics), "--log-dir", str(tmp_path), *SMALL]

    with pytest.raises(SystemExit) as ended:
        main([*given, *arguments])

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and message in line
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_cut_off_goes_on_with_the_next_and_ends_the_same(
    two_topics, tmp_path, monkeypatch
):
    from roots_tf.train import scaling_law_parts

    given = ["--data", str(two_topics), *SMALL, "--log-dir"]
    main([*given, str(tmp_path / "whole")])
    train_run = scaling_law_parts.train_run
    calls = SimpleNamespace(left=3)

    def cut_off(*arguments):
        calls.left -= 1
        if calls.left < 0:
            raise KeyboardInterrupt
        return train_run(*arguments)

    monkeypatch.setattr(scaling_law_parts, "train_run", cut_off)
    with pytest.raises(SystemExit) as ended:
        main([*given, str(tmp_path / "parts")])
    monkeypatch.setattr(scaling_law_parts, "train_run", train_run)
    main([*given, str(tmp_path / "parts"), "--resume"])

    folders = [
        tmp_path / name / "scaling_law" / "topics" for name in ("whole", "parts")
    ]
    whole, parts = (json.loads((folder / "run.json").read_text()) for folder in folders)
    assert ended.value.code == 130
    assert parts["final_metrics"] == whole["final_metrics"]
    assert len(parts["curve"]) == len(whole["curve"]) == 7
    assert read_scalars(folders[0]).keys() == read_scalars(folders[1]).keys()
