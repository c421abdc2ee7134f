"""How busy the machine is while a model trains: processor, memory, disk, GPUs.

Article: §5.1 (hardware), §7.2.2 (performance analysis tools), §1.4.3 (GPU, CPU).
Source: psutil documentation; NVIDIA Management Library (NVML) API reference.
"""

import logging
import threading
import time

import tensorflow as tf

from roots_tf.monitoring.nvidia_gpus import NvidiaGpus
from roots_tf.monitoring.tensorboard import RunMonitor

_MEBIBYTE = 2**20
_LOG = logging.getLogger(__name__)


class ResourceMonitor:
    """Samples the machine in a thread; a hook that writes to `system/` at each step.

    A logged step gets one point per curve, the mean of the samples since the last
    one: `system/cpu_percent` (all cores, 0 to 100), `system/rss_mb` (this process),
    `system/available_mb`, `system/disk_mb_per_second` and
    `system/network_mb_per_second` (read and written, of the whole machine), and for
    each NVIDIA GPU the readings of `NvidiaGpus` (`gpu0/utilization_percent`, ...).
    TensorFlow reserves most of a GPU's memory at its start, so `gpu0/tf_peak_mb`, the
    most it has really used so far, says more than `gpu0/memory_mb`. Megabytes are
    2**20 bytes.

    Used as a context manager; the thread only collects, all writing is done in the
    thread that calls `on_step` or `write`. A reading that fails ends the sampling with
    a warning, never the run.

    Args:
        monitor: The run.
        every_seconds: Seconds between two samples.

    Raises:
        ValueError: If `every_seconds` is not positive.
    """

    def __init__(self, monitor: RunMonitor, *, every_seconds: float = 2.0):
        if every_seconds <= 0:
            raise ValueError(f"expected every_seconds above 0, got {every_seconds}")
        self._monitor = monitor
        self._every_seconds = every_seconds
        self._samples: list[dict[str, float]] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._traffic: tuple[float, dict[str, int]] = 0.0, {}  # when, bytes so far
        self._thread = threading.Thread(target=self._sample_until_stopped, daemon=True)

    def __enter__(self):
        self._gpus = NvidiaGpus()
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self.close()

    def on_step(self, record) -> None:
        """Write the samples taken since the last logged step."""
        self.write(record.step)

    def on_epoch_end(self, record) -> None:
        """Do nothing: the curves are drawn over steps."""

    def state(self) -> dict:
        """Return nothing: a resumed run takes new samples."""
        return {}

    def restore(self, state: dict) -> None:
        """Do nothing."""

    def write(self, step: int) -> None:
        """Write the mean of the samples since the last call, if there are any."""
        with self._lock:
            samples, self._samples = self._samples, []
        if not samples:
            return
        self._monitor.scalars("system", step, _mean(samples) | _tensorflow_peaks())

    def close(self) -> None:
        """Stop sampling; samples after the last step written are dropped."""
        if self._thread.is_alive():
            self._stop.set()
            self._thread.join()
            self._gpus.close()

    def _sample_until_stopped(self) -> None:
        try:
            self._sample_host()  # the first cpu_percent of a thread is always 0
            while not self._stop.wait(self._every_seconds):
                sample = self._sample_host() | self._gpus.sample()
                with self._lock:
                    self._samples.append(sample)
        except Exception as error:  # of psutil or NVML: a reading is worth no run
            _LOG.warning("the machine is no longer sampled: %r", error)

    def _sample_host(self) -> dict[str, float]:
        import psutil

        values = {
            "system/cpu_percent": psutil.cpu_percent(),
            "system/rss_mb": psutil.Process().memory_info().rss / _MEBIBYTE,
            "system/available_mb": psutil.virtual_memory().available / _MEBIBYTE,
        }
        now, (then, before) = time.monotonic(), self._traffic
        traffic = _traffic()
        self._traffic = now, traffic
        for name in traffic.keys() & before.keys():
            rate = (traffic[name] - before[name]) / max(now - then, 1e-6) / _MEBIBYTE
            values[f"system/{name}_mb_per_second"] = rate
        return values


def _traffic() -> dict[str, int]:
    """Gives the bytes read and written so far; what the system does not count lacks."""
    import psutil

    disk, network = psutil.disk_io_counters(), psutil.net_io_counters()
    found = {}
    if disk:
        found["disk"] = disk.read_bytes + disk.write_bytes
    if network:
        found["network"] = network.bytes_recv + network.bytes_sent
    return found


def _mean(samples: list[dict[str, float]]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for sample in samples:
        for tag, value in sample.items():
            values.setdefault(tag, []).append(value)
    return {tag: sum(column) / len(column) for tag, column in values.items()}


def _tensorflow_peaks() -> dict[str, float]:
    gpus = range(len(tf.config.list_logical_devices("GPU")))
    return {
        f"gpu{gpu}/tf_peak_mb": tf.config.experimental.get_memory_info(f"GPU:{gpu}")[
            "peak"
        ]
        / _MEBIBYTE
        for gpu in gpus
    }
