"""The machine while a model trains."""

import threading
import time

import psutil
import pytest

from roots_tf.monitoring import resources
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.monitoring.resources import ResourceMonitor
from roots_tf.monitoring.tensorboard import RunMonitor


class FakeGpus:
    """A GPU whose use goes 10, 20, 30, ...; each reading waits until it is allowed."""

    def __init__(self):
        self.begun, self.closed = 0, False
        self.allowed = threading.Semaphore(0)

    def sample(self):
        self.begun += 1
        self.allowed.acquire()
        power = {"gpu0/power_w": 100.0} if self.begun > 1 else {}
        return {"gpu0/utilization_percent": 10.0 * self.begun} | power

    def close(self):
        self.closed = True

    def let_through(self, count):
        """Allow some readings and wait until the next one has begun after them."""
        last = self.begun + count
        self.allowed.release(count)
        self.wait_for(last)

    def wait_for(self, count):
        limit = time.monotonic() + 10
        while self.begun < count:
            assert time.monotonic() < limit
            time.sleep(0.001)


@pytest.fixture
def gpus(monkeypatch):
    fake = FakeGpus()
    monkeypatch.setattr(resources, "NvidiaGpus", lambda: fake)
    return fake


def test_samples_between_two_steps_become_one_averaged_point(tmp_path, gpus):
    with RunMonitor(tmp_path) as monitor:
        with ResourceMonitor(monitor, every_seconds=0.001) as machine:
            gpus.wait_for(1)
            gpus.let_through(3)
            machine.write(10)
            gpus.let_through(2)
            machine.write(20)
            machine.write(30)  # no sample since the last step: no point
            gpus.allowed.release()

    scalars = read_scalars(tmp_path)
    assert scalars["system", "gpu0/utilization_percent"] == [(10, 20.0), (20, 45.0)]
    # The mean of the samples that have a reading, where one was missing.
    assert scalars["system", "gpu0/power_w"] == [(10, 100.0), (20, 100.0)]


def test_meaningless_first_reading_of_the_processor_is_not_written(
    tmp_path, gpus, monkeypatch
):
    seen = set()  # psutil compares with the last call of the same thread

    def cpu_percent():
        thread = threading.get_ident()
        value = 40.0 if thread in seen else 0.0
        seen.add(thread)
        return value

    monkeypatch.setattr(psutil, "cpu_percent", cpu_percent)
    gpus.allowed.release(1000)
    with RunMonitor(tmp_path) as monitor:
        with ResourceMonitor(monitor, every_seconds=0.001) as machine:
            gpus.wait_for(2)
            machine.write(1)

    assert read_scalars(tmp_path)["system", "system/cpu_percent"] == [(1, 40.0)]


def test_most_memory_that_tensorflow_has_used_is_written_for_each_gpu(
    tmp_path, monkeypatch, gpus
):
    peaks = {"GPU:0": 3 * 2**20, "GPU:1": 2**30}
    monkeypatch.setattr(
        resources.tf.config, "list_logical_devices", lambda kind: list(peaks)
    )
    monkeypatch.setattr(
        resources.tf.config.experimental,
        "get_memory_info",
        lambda device: {"current": 0, "peak": peaks[device]},
    )
    gpus.allowed.release(1000)
    with RunMonitor(tmp_path) as monitor:
        with ResourceMonitor(monitor, every_seconds=0.01) as machine:
            gpus.wait_for(2)
            machine.write(1)

    scalars = read_scalars(tmp_path)
    assert scalars["system", "gpu0/tf_peak_mb"] == [(1, 3.0)]
    assert scalars["system", "gpu1/tf_peak_mb"] == [(1, 1024.0)]


def test_real_machine_has_plausible_values_at_each_logged_step(
    tmp_path, step_record, gpus
):
    gpus.allowed.release(1000)
    with RunMonitor(tmp_path) as monitor:
        with ResourceMonitor(monitor, every_seconds=0.01) as machine:
            for step in (1, 2):
                gpus.wait_for(gpus.begun + 2)
                machine.on_step(step_record(step))

    scalars = read_scalars(tmp_path)
    for tag, low, high in (
        ("cpu_percent", 0, 100),
        ("rss_mb", 20, psutil.virtual_memory().total / 2**20),
        ("available_mb", 1, psutil.virtual_memory().total / 2**20),
    ):
        steps, values = zip(*scalars["system", f"system/{tag}"], strict=True)
        assert steps == (1, 2)
        assert all(low <= value <= high for value in values)
    own = psutil.Process().memory_info().rss / 2**20
    assert scalars["system", "system/rss_mb"][1][1] == pytest.approx(own, rel=0.2)


def test_closing_stops_the_thread_and_lets_go_of_the_driver(tmp_path, gpus):
    threads = threading.active_count()
    machine = ResourceMonitor(RunMonitor(tmp_path), every_seconds=60)

    with machine:
        assert threading.active_count() == threads + 1
    machine.close()

    assert threading.active_count() == threads
    assert gpus.closed
    assert list(tmp_path.iterdir()) == []


def test_interval_must_be_positive(tmp_path):
    with pytest.raises(ValueError, match="above 0, got 0"):
        ResourceMonitor(RunMonitor(tmp_path), every_seconds=0)


def test_disk_and_network_are_rates_between_two_samples(tmp_path, gpus, monkeypatch):
    class Counters:
        bytes_recv = bytes_sent = 0

    counters = Counters()
    monkeypatch.setattr(psutil, "disk_io_counters", lambda: None)  # as in a sandbox
    monkeypatch.setattr(psutil, "net_io_counters", lambda: counters)
    clock = iter(range(100))
    machine = ResourceMonitor(RunMonitor(tmp_path))
    monkeypatch.setattr(resources.time, "monotonic", lambda: float(next(clock)))

    machine._sample_host()
    counters.bytes_recv = 3 * 2**20
    sample = machine._sample_host()

    assert sample["system/network_mb_per_second"] == pytest.approx(3.0)
    assert "system/disk_mb_per_second" not in sample


def test_a_reading_that_fails_ends_the_sampling_and_not_the_run(
    tmp_path, gpus, monkeypatch, caplog
):
    def fails():
        raise psutil.AccessDenied()

    monkeypatch.setattr(psutil, "virtual_memory", fails)

    with RunMonitor(tmp_path) as monitor:
        with ResourceMonitor(monitor, every_seconds=0.001) as machine:
            machine._thread.join(10)
            machine.write(1)

    assert "the machine is no longer sampled" in caplog.text
