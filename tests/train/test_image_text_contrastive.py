"""The image-text script: it finds both ways, is killed, goes on, reads a folder."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.image_text_contrastive import main
from roots_tf.train.image_text_contrastive_parts import caption_ids, load_model
from roots_tf.trends.coloured_shapes import draw_pictures, scenes

SMALL = ["--pictures", "1", "--batch-size", "24", "--hidden-size", "16"]
SMALL += ["--num-layers", "1", "--epochs", "2", "--learning-rate", "0.003"]
SMALL += ["--no-diagnosis"]


class Killed(BaseException):
    """Stands for SIGKILL in the middle of an epoch."""


def train(log_dir, *more):
    main(["--log-dir", str(log_dir), *SMALL, *more])
    (folder,) = (log_dir / "image_text_contrastive").iterdir()
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return train(tmp_path_factory.mktemp("logs"), "--language", "zh")


def final_metrics(folder):
    return json.loads((folder / "run.json").read_text())["final_metrics"]


def test_it_learns_and_both_ways_and_kinds_of_pairs_are_measured(finished):
    metrics = final_metrics(finished)

    ways = ("image_to_text", "text_to_image")
    names = {f"{kind}_{way}" for kind in ("seen", "unseen") for way in ways}
    assert set(metrics) == names | {"recall_at_1", "chance_recall_at_1"}
    assert metrics["chance_recall_at_1"] == 0.01
    first, second = json.loads((finished / "run.json").read_text())["curve"]
    assert second["train"]["loss"] < first["train"]["loss"] - 0.1


def test_what_it_saves_gives_the_same_vectors_again(finished):
    model, tokenizer, length = load_model(finished / "model")
    pictures, captions = draw_pictures(scenes()[0][:3], 1, "zh", seed=0)

    found = model(
        {"pictures": pictures, "token_ids": caption_ids(tokenizer, captions, length)}
    )

    assert found.shape == (3, 3)
    assert np.isfinite(found).all() and length == 24


def test_scores_and_finds_are_pictures_in_tensorboard(finished):
    events = EventAccumulator(str(finished / "validation")).Reload()

    for tag in ("similarity", "found"):
        assert len(events.Tensors(tag)) == 3  # two epochs, and the test
    assert len(events.Tensors("epoch/recall_at_1")) == 2


@pytest.mark.slow
def test_a_run_that_was_killed_ends_as_one_that_was_not(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole", "--checkpoint-every", "3")
    make_step, steps = TrainingLoop._make_step, []

    def dies(loop, *arguments):
        if len(steps) == 29:
            raise Killed
        steps.append(1)
        return make_step(loop, *arguments)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(TrainingLoop, "_make_step", dies)
        train(tmp_path / "parts", "--checkpoint-every", "3")

    parts = train(tmp_path / "parts", "--checkpoint-every", "3", "--resume")

    assert final_metrics(parts) == final_metrics(whole)


@pytest.fixture
def own_folder(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    seen, _ = scenes()
    pictures, captions = draw_pictures(seen[:150], 1, "en", seed=0)
    lines = ["file,caption"]
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        png = tf.io.encode_png(picture).numpy()
        (folder / f"{number}.png").write_bytes(png)
        lines.append(f"{number}.png,{caption}")
    (folder / "captions.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.slow
def test_it_learns_from_a_folder_of_the_users(own_folder, tmp_path, capsys):
    folder = train(tmp_path / "logs", "--data", str(own_folder), "--epochs", "1")

    metrics = final_metrics(folder)
    assert folder.name == "album"
    assert {"held_out_image_to_text", "held_out_text_to_image"} < set(metrics)
    assert "held out" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--batch-size", "500"], "--batch-size: expected at most the 480"),
        (["--data", "nowhere"], "nowhere: expected a folder of pictures"),
        (["--side", "20"], "--side: expected a multiple of 8"),
        (["--side", "64"], "--side: the shapes have 32 pixels"),
        (["--num-heads", "3"], "multiple of num_heads"),
        (["--language", "fr"], "invalid choice: 'fr'"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, *options)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not list(tmp_path.iterdir())
