"""GPU readings, with a stand-in for NVIDIA's library."""

import logging
import sys
from types import SimpleNamespace

import pytest

from roots_tf.monitoring.nvidia_gpus import NvidiaGpus


class NVMLError(Exception):
    pass


def fake_nvml(gpus, driver=True):
    """NVML with GPUs given as name -> (percent, bytes, milliwatts or None, degrees)."""
    names = list(gpus)
    library = SimpleNamespace(NVMLError=NVMLError, NVML_TEMPERATURE_GPU=0, open=0)

    def init():
        if not driver:
            raise NVMLError("NVML Shared Library Not Found")
        library.open += 1

    def shut_down():
        library.open -= 1

    def by_name(name):
        if name not in gpus:
            raise NVMLError("Not Found")
        return name

    def power(name):
        if gpus[name][2] is None:
            raise NVMLError("Not Supported")
        return gpus[name][2]

    library.nvmlInit, library.nvmlShutdown = init, shut_down
    library.nvmlDeviceGetCount = lambda: len(names)
    library.nvmlDeviceGetHandleByIndex = lambda number: names[number]
    library.nvmlDeviceGetHandleByUUID = by_name
    library.nvmlDeviceGetUtilizationRates = lambda name: SimpleNamespace(
        gpu=gpus[name][0]
    )
    library.nvmlDeviceGetMemoryInfo = lambda name: SimpleNamespace(used=gpus[name][1])
    library.nvmlDeviceGetPowerUsage = power
    library.nvmlDeviceGetTemperature = lambda name, sensor: gpus[name][3]
    return library


@pytest.fixture
def install(monkeypatch):
    """Puts a library in the place of pynvml."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return lambda library: monkeypatch.setitem(sys.modules, "pynvml", library)


def test_every_gpu_is_read_in_plain_units(install):
    library = fake_nvml({"A": (50, 3 * 2**30, 250_500, 61), "B": (0, 2**20, 9_000, 30)})
    install(library)

    gpus = NvidiaGpus()
    readings = gpus.sample()
    gpus.close()

    assert readings == {
        "gpu0/utilization_percent": 50,
        "gpu0/memory_mb": 3072,
        "gpu0/power_w": 250.5,
        "gpu0/temperature_c": 61,
        "gpu1/utilization_percent": 0,
        "gpu1/memory_mb": 1,
        "gpu1/power_w": 9,
        "gpu1/temperature_c": 30,
    }
    assert library.open == 0
    assert gpus.sample() == {}


def test_reading_that_a_gpu_does_not_offer_is_left_out(install):
    install(fake_nvml({"A": (50, 2**20, None, 61)}))

    readings = NvidiaGpus().sample()

    assert "gpu0/power_w" not in readings
    assert readings["gpu0/temperature_c"] == 61


@pytest.mark.parametrize(
    ("visible", "degrees"),
    [("1", [20]), ("2, 0", [30, 10]), ("GPU-b", [20]), ("", []), ("1,-1,0", [20])],
)
def test_gpus_are_counted_as_tensorflow_counts_them(
    install, monkeypatch, visible, degrees
):
    gpus = {name: (0, 0, 0, 10 * i) for i, name in enumerate(["x", "GPU-b", "c"], 1)}
    install(fake_nvml(gpus))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    readings = NvidiaGpus().sample()

    assert [value for tag, value in readings.items() if "temp" in tag] == degrees


@pytest.mark.parametrize(
    ("library", "reason"),
    [(None, "nvidia-ml-py is not installed"), (fake_nvml({}, driver=False), "Not Fo")],
)
def test_machine_without_gpu_says_so_in_one_line_and_goes_on(
    install, caplog, library, reason
):
    install(library)
    caplog.set_level(logging.INFO)

    gpus = NvidiaGpus()

    assert gpus.sample() == {}
    gpus.close()
    (line,) = caplog.messages
    assert line.startswith("no GPU readings: ")
    assert reason in line
