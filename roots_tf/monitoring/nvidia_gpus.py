"""Readings of NVIDIA GPUs: use, memory, power, temperature.

Article: §5.1 (hardware).
Source: NVIDIA Management Library (NVML) API reference, through `pynvml` of the
package nvidia-ml-py.
"""

import logging
import os

_MEBIBYTE = 2**20
_LOG = logging.getLogger(__name__)


class NvidiaGpus:
    """The GPUs that TensorFlow may use; none where there is no driver.

    They are counted as TensorFlow counts them: GPU 0 is the first one named in
    CUDA_VISIBLE_DEVICES, if that is set. A machine without GPU, driver or
    nvidia-ml-py is no error: one log line says so and `sample` is empty.
    """

    def __init__(self):
        self._handles = []
        try:
            import pynvml
        except ImportError:
            _LOG.info("no GPU readings: the package nvidia-ml-py is not installed")
            return
        self._nvml = pynvml
        try:
            pynvml.nvmlInit()
            self._handles = self._visible_handles()
        except pynvml.NVMLError as error:
            _LOG.info("no GPU readings: %s", error)

    def sample(self) -> dict[str, float]:
        """Read every GPU now.

        Returns:
            `gpu0/utilization_percent`, `gpu0/memory_mb` (2**20 bytes, of all
            processes), `gpu0/power_w`, `gpu0/temperature_c` and so on; a reading that
            the GPU does not offer is left out.
        """
        nvml = self._nvml if self._handles else None
        readings = {
            "utilization_percent": lambda gpu: (
                nvml.nvmlDeviceGetUtilizationRates(gpu).gpu
            ),
            "memory_mb": lambda gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).used / _MEBIBYTE,
            "power_w": lambda gpu: nvml.nvmlDeviceGetPowerUsage(gpu) / 1000,
            "temperature_c": lambda gpu: nvml.nvmlDeviceGetTemperature(
                gpu, nvml.NVML_TEMPERATURE_GPU
            ),
        }
        values = {}
        for index, gpu in enumerate(self._handles):
            for name, read in readings.items():
                try:
                    values[f"gpu{index}/{name}"] = read(gpu)
                except nvml.NVMLError:
                    continue  # e.g. no power reading, no use of a part of a GPU
        return values

    def close(self) -> None:
        """Let go of the driver."""
        if self._handles:
            self._handles = []
            self._nvml.nvmlShutdown()

    def _visible_handles(self) -> list:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        if visible is None:
            numbers = range(self._nvml.nvmlDeviceGetCount())
            return [self._nvml.nvmlDeviceGetHandleByIndex(number) for number in numbers]
        handles = []
        for name in filter(None, visible.replace(" ", "").split(",")):
            if name.startswith("-"):
                break  # CUDA reads the list up to the first invalid number
            if name.isdigit():
                handles.append(self._nvml.nvmlDeviceGetHandleByIndex(int(name)))
            else:
                handles.append(self._nvml.nvmlDeviceGetHandleByUUID(name))
        return handles
