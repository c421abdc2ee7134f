"""Plans a training past this machine: memory, operations, hours and money on GPUs.

    hours = operations / (GPUs x peak x utilization) / 3600

The operations are those of ``training_cost``, by which running scripts tell their cost
too. What nobody can count beforehand stands in `Gpu` and `Assumptions`: what GPUs cost,
and how much of their peak a training reaches (30 to 50 % is common for large models;
Chowdhery et al. 2022, 2204.02311, table 3, have 21 to 46 %). Look up the one, measure
the other.

Article: §8.1 (模型规模与性能提升).
Source: 20 tokens a parameter: Hoffmann et al. 2022 (2203.15556), table 3.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from roots_tf.models.gpt import GptConfig
from roots_tf.trends.training_cost import exact_training_flops, training_memory

TOKENS_A_PARAMETER = 20
# Of a device's memory, what the framework and the network need is not ours.
_USABLE = 0.9
SIZES: Mapping[str, GptConfig] = {
    "small": GptConfig.small(),
    "medium": GptConfig.medium(),
    "large": GptConfig.large(),
    "xl": GptConfig.xl(),
}


@dataclass(frozen=True)
class Gpu:
    """A device.

    Attributes:
        tflops: peak of dense 16-bit matrix products, 1e12 operations a second, from
            the maker's data sheet.
        memory: GiB.
        dollars: an hour; assumed, a round figure for renting. Prices change by the
            month and differ threefold between sellers.
    """

    tflops: float
    memory: float
    dollars: float


GPUS: Mapping[str, Gpu] = {
    "T4": Gpu(65, 16, 0.5),
    "L4": Gpu(121, 24, 0.8),
    "V100": Gpu(125, 16, 2.0),
    "A100": Gpu(312, 80, 2.0),
    "H100": Gpu(989, 80, 3.0),
}


@dataclass(frozen=True)
class Assumptions:
    """What the plan takes as given.

    Attributes:
        utilization: share of the peak that is reached, over 0 to 1.
        gpus: devices that work side by side, each with a whole copy of the model.
        dollars: an hour of one device; 0 for that of `GPUS`.
    """

    utilization: float = 0.4
    gpus: int = 8
    dollars: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What a training takes on one kind of GPU.

    Attributes:
        fits: whether one text and the model fit into one device at all.
        batch_size: texts that fit into one device at once, a power of 2; 0 if none.
        recompute: whether activations are computed again, for otherwise none would fit.
        memory: GiB of one device for that batch (for one text if it does not fit).
        flops: operations of the whole training.
        hours, dollars: of all devices together; of no meaning if it does not fit.
    """

    fits: bool
    batch_size: int
    recompute: bool
    memory: float
    flops: float
    hours: float
    dollars: float


def plan_training(
    config: GptConfig, tokens: float, gpu: Gpu, assumptions: Assumptions
) -> Plan:
    """Plans the training of a GPT, under mixed precision with Adam.

    Args:
        config: sizes of the model.
        tokens: that are trained on; 0 for 20 a parameter.
        gpu: the device.
        assumptions: how many, how well used, how dear.

    Raises:
        ValueError: a number is out of range.
    """
    if not 0 < assumptions.utilization <= 1:
        raise ValueError(
            f"expected a utilization over 0 and up to 1, got {assumptions.utilization}"
        )
    if assumptions.gpus < 1 or tokens < 0 or assumptions.dollars < 0:
        raise ValueError(
            "expected 1 GPU or more, tokens and dollars of 0 or more, got "
            f"{assumptions.gpus}, {tokens} and {assumptions.dollars}"
        )
    batch_size, recompute = _largest_batch(config, gpu)
    memory = sum(training_memory(config, max(1, batch_size), True, recompute).values())
    tokens = tokens or TOKENS_A_PARAMETER * config.parameter_count
    flops = exact_training_flops(config, tokens, recompute)
    hours = flops / (gpu.tflops * 1e12 * assumptions.utilization) / 3600
    return Plan(
        fits=batch_size > 0,
        batch_size=batch_size,
        recompute=recompute,
        memory=memory / 2**30,
        flops=flops,
        hours=hours / assumptions.gpus,
        dollars=hours * (assumptions.dollars or gpu.dollars),
    )


def _largest_batch(config: GptConfig, gpu: Gpu) -> tuple[int, bool]:
    """Gives the largest power of 2 of texts that fits, and whether by recomputation."""
    room = _USABLE * gpu.memory * 2**30
    for recompute in (False, True):
        fixed, one = (
            sum(training_memory(config, texts, True, recompute).values())
            for texts in (0, 1)
        )
        texts = int((room - fixed) // (one - fixed))
        if texts >= 1:
            return 2 ** int(math.log2(texts)), recompute
    return 0, True
