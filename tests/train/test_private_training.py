"""The privacy script on a small text: both trainings, their attacks, and a restart."""

import json

import numpy as np
import pytest

from roots_tf.generate import main as generate
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.train import private_training_parts
from roots_tf.train.private_training import PrivateTrainingOptions, main
from roots_tf.train.private_training_data import make_examples, read_private_data
from roots_tf.train.private_training_report import metrics_of, report
from roots_tf.trends.canaries import make_canaries

SMALL = ["--records", "60", "--canaries", "2", "--epochs", "2", "--vocab-size", "300"]
SMALL += ["--num-layers", "1", "--num-heads", "1", "--hidden-size", "8"]
SMALL += ["--public-records", "100", "--public-epochs", "1"]
SMALL += ["--batch-size", "20", "--private-batch-size", "31"]


def train(log_dir, data, *more):
    main(["--data", str(data), "--log-dir", str(log_dir), *SMALL, *more])
    return log_dir / "private_training" / "topics"


def options(data, **more):
    return PrivateTrainingOptions(
        data=str(data),
        records=60,
        public_records=100,
        canaries=2,
        vocab_size=300,
        **more,
    )


@pytest.fixture(scope="module")
def finished(two_topics, tmp_path_factory):
    return train(tmp_path_factory.mktemp("logs"), two_topics)


def test_the_epsilon_is_that_of_the_steps_made_and_below_the_one_asked_for(finished):
    record = json.loads((finished / "run.json").read_text())
    private = [p for p in record["curve"] if "private_loss" in p["train"]]
    steps = private[-1]["step"]

    metrics = record["final_metrics"]

    assert steps == 2 * 2  # epochs, of 62 members by 31
    assert 2.9 < metrics["epsilon"] <= 3.0
    assert private[-1]["validation"]["private_epsilon"] == metrics["epsilon"]
    assert private[0]["validation"]["private_epsilon"] < metrics["epsilon"]


def test_it_measures_both_trainings_and_keeps_the_private_model(finished, capsys):
    metrics = json.loads((finished / "run.json").read_text())["final_metrics"]

    generate([str(finished / "model"), "--prompt", "rain", "--length", "5"])

    assert capsys.readouterr().out.startswith("rain")
    for name in ("perplexity", "mean_rank", "membership_auc"):
        assert metrics[name] > 0 and metrics[f"plain_{name}"] > 0
    assert metrics["plain_perplexity"] < 300  # of 300 tokens: it has learned


def test_both_curves_are_in_tensorboard_under_one_name(finished):
    curves = read_scalars(finished)

    for arm in ("plain", "private"):
        assert len(curves[arm, "epoch/perplexity"]) == 2
    assert len(curves["private", "epoch/epsilon"]) == 2


def test_members_hold_the_canaries_others_and_vocabulary_do_not(two_topics):
    data = read_private_data(options(two_topics))

    decoded = [
        data.tokenizer.decode([first[0], *targets[weights > 0]])
        for first, targets, weights in zip(
            data.members.token_ids,
            data.members.targets,
            data.members.weights,
            strict=True,
        )
    ]

    assert len(data.members) == 62 and len(data.others) == 60
    assert decoded[-2:] == [canary.text for canary in data.canaries]
    lines = set(two_topics.read_text(encoding="utf-8").splitlines())
    assert all(any(line.startswith(text) for line in lines) for text in decoded[:-2])
    assert data.masked is None


def test_masked_members_hold_no_canary(two_topics):
    data = read_private_data(options(two_topics, mask_sensitive=True))

    text = data.tokenizer.decode([
        data.members.token_ids[-1][0],
        *data.members.targets[-1][data.members.weights[-1] > 0],
    ])  # fmt: skip

    assert text == f"Call {data.canaries[-1].name} at [PHONE]."
    assert data.masked == 2


def test_chinese_dialogues_get_chinese_canaries():
    given = PrivateTrainingOptions(
        data="dialogues_zh",
        records=100,
        public_records=200,
        canaries=3,
        context=40,
    )

    data = read_private_data(given)

    assert {canary.language for canary in data.canaries} == {"zh"}
    assert len(data.members) == 103


def test_examples_ask_for_each_token_but_the_first_up_to_the_context(two_topics):
    tokenizer = read_private_data(options(two_topics)).tokenizer
    long, short = "rain snow wind cloud storm", "ab"

    examples = make_examples(tokenizer, [long, short], context=4)

    ids = tokenizer.encode([long])[0].numpy()[:5]
    np.testing.assert_array_equal(examples.token_ids[0], ids[:-1])
    np.testing.assert_array_equal(examples.targets[0], ids[1:])
    np.testing.assert_array_equal(examples.weights, [[1, 1, 1, 1], [1, 0, 0, 0]])


def test_a_private_rank_outside_chance_is_said_aloud():
    interval = {"estimate": 0.5, "low": 0.4, "high": 0.6}
    arm = {"perplexity": 9.0, "member_perplexity": 8.0, "auc": interval, "caught": 0.1}
    canaries = make_canaries(2, "en", seed=0)
    results = {
        "public": {**arm, "ranks": [500, 400]},
        "plain": {**arm, "ranks": [1, 3]},
        "private": {**arm, "ranks": [1, 1]},
    }

    text, metrics = report(results, canaries, 3.0, 1e-5), metrics_of(results, 3.0)

    assert "The private model's rank is OUTSIDE chance." in text
    assert "| mean rank of a secret in 1,000 | 450.0 | 2.0 | 1.0 |" in text
    assert metrics["plain_first_places"] == 1 and metrics["first_places"] == 2
    results["private"]["ranks"] = [400, 700]
    assert "is within chance" in report(results, canaries, 3.0, 1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--records", "300"], "expected 700 different texts of 8 characters or more"),
        (["--context", "5"], "--context: expected"),
        (["--epsilon", "0"], "--epsilon: expected over 0"),
        (["--delta", "0.1"], "--delta: expected over 0 and below 1 / records"),
        (["--canaries", "27"], "1 to 26 canaries"),
        (["--num-heads", "3"], "multiple of num_heads"),
        (["--data", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    arguments, message, two_topics, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, two_topics, *arguments)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and message in line
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("epochs_made", [1, 2, 4])
def test_a_run_cut_off_in_any_training_ends_as_one_that_was_not(
    epochs_made, finished, two_topics, tmp_path, monkeypatch
):
    run_epoch, made = private_training_parts.PrivateTraining._run_epoch, []

    def cut_off(self, *arguments):
        if len(made) == epochs_made:
            raise KeyboardInterrupt
        made.append(1)
        run_epoch(self, *arguments)

    kind = private_training_parts.PrivateTraining
    monkeypatch.setattr(kind, "_run_epoch", cut_off)
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, two_topics)
    monkeypatch.setattr(kind, "_run_epoch", run_epoch)
    folder = train(tmp_path, two_topics, "--resume")

    whole, parts = (
        json.loads((one / "run.json").read_text()) for one in (finished, folder)
    )
    assert ended.value.code == 130
    assert parts["final_metrics"] == whole["final_metrics"]
    losses = [[point["train"] for point in run["curve"]] for run in (whole, parts)]
    assert losses[0] == losses[1]
    assert read_scalars(folder) == read_scalars(finished)
