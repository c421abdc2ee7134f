"""Long runs have small logs."""

import numpy as np
import pytest

from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.thinning import is_written


def test_all_points_are_written_at_first_and_then_dense_ones_for_each_doubling():
    written = [number for number in range(1, 8_001) if is_written(number, 100)]

    assert written[:200] == list(range(1, 201))
    for begin in (200, 400, 800, 1_600, 3_200):
        of_doubling = [n for n in written if begin < n <= 2 * begin]
        assert len(of_doubling) == 100
        assert set(np.diff(of_doubling)) == {begin // 100}


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("events*"))


@pytest.mark.parametrize("weights", [20, 200])
def test_a_run_of_100_000_steps_has_a_log_below_100_megabytes(
    tmp_path, step_record, weights
):
    steps, log_every, epochs, pictures = 100_000, 10, 100, 5
    names = [f"encoder/block_{i}/attention/query/kernel" for i in range(weights)]
    random = np.random.default_rng(0)
    values = random.normal(size=2_000)
    noise = random.integers(0, 256, (120, 120, 3), np.uint8)  # PNG cannot shrink it

    def bytes_of(name, write, times=20):
        with RunMonitor(tmp_path / name) as monitor:
            for number in range(times):
                write(monitor, number)
        return size(tmp_path / name) / times

    curves = bytes_of(
        "curves",
        lambda monitor, n: monitor.scalars(
            "train", n, {f"step/curve_number_{i}": 0.1 for i in range(10)}
        ),
    )
    ratios = bytes_of(
        "ratios",
        lambda monitor, n: monitor.scalars(
            "train", n, {f"update_ratio/{name}": 0.1 for name in names}
        ),
    )
    histogram = bytes_of(
        "histogram", lambda monitor, n: monitor.histogram("train", n, names[0], values)
    )
    picture = bytes_of(
        "picture", lambda monitor, n: monitor.image("validation", n, "picture", noise)
    )
    logged = steps // log_every
    ratio_points = sum(is_written(number, 250) for number in range(1, logged + 1))
    large = sum(is_written(number, 20) for number in range(1, epochs + 1))
    total = logged * curves + ratio_points * ratios
    total += large * (2 * weights * histogram + pictures * picture)

    assert 40_000 < picture  # larger than any that the scripts draw
    assert total < 100e6, f"{total / 1e6:.0f} MB"


def test_the_monitor_thins_ratios_pictures_and_texts_and_keeps_count(
    tmp_path, step_record
):
    from roots_tf.monitoring.event_log import read_scalars

    monitor = RunMonitor(tmp_path)
    record = step_record(1)
    for _ in range(300):
        monitor.on_step(record)
    state = monitor.state()
    monitor.close()
    again = RunMonitor(tmp_path)
    again.restore(state)
    for number in range(500):
        again.on_step(record)
        again.text("train", number, "samples", "text")
    again.close()

    scalars = read_scalars(tmp_path)
    ratios = [k for k in scalars if k[1].startswith("update_ratio/")]
    assert len(scalars["train", "step/loss"]) == 800
    expected = sum(is_written(number, 250) for number in range(1, 801))
    assert ratios and all(len(scalars[key]) == expected for key in ratios)
    assert again.state()["counts"]["text train samples"] == 500
