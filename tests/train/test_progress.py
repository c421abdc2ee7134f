"""The progress lines, with a clock of our own."""

from types import SimpleNamespace

from roots_tf.train import progress
from roots_tf.train.progress import Progress


def step(number, epoch=1):
    return SimpleNamespace(
        step=number,
        epoch=epoch,
        step_in_epoch=(number - 1) % 10 + 1,
        loss=0.5,
        metrics={"accuracy": 0.75},
        tokens_per_second=12_345.6,
    )


def test_a_file_gets_whole_lines_seldom_and_the_time_left(monkeypatch, capsys):
    clock = iter([100.0, 105.0, 120.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    bar = Progress(epochs=2, steps=10)

    for number in (1, 2, 6):
        bar.on_step(step(number))

    first, last = capsys.readouterr().out.splitlines()
    assert "epoch 1/2" in first and "1/10" in first
    assert "? left" in first
    # 5 steps in 20 s, so the 4 + 10 steps that are left take 56 s.
    assert "6/10  loss 0.5000 accuracy 0.7500  12,346 tokens/s  0:56 left" in last


def test_a_terminal_gets_one_line_that_is_drawn_anew(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    bar = Progress(epochs=1, steps=10)

    for number in (1, 10):
        bar.on_step(step(number))

    output = capsys.readouterr().out
    assert output.count("\r") == 2 and "\n" not in output
    assert "█" * 24 in output


def test_an_epochs_end_shows_both_parts(capsys):
    record = SimpleNamespace(
        epoch=2, train={"loss": 0.25}, validation={"f1": 0.5}, seconds=61.4
    )

    Progress(epochs=2, steps=10).on_epoch_end(record)

    expected = "epoch 2/2  train loss 0.2500  validation f1 0.5000  61 s\n"
    assert capsys.readouterr().out == expected
