"""E22: what the tools of §5.1 and §7.2 need today; which mixed precision a GPU can run.

Article: §5.1, §7.2.2, §7.2.3.
"""

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# Compute capability of some NVIDIA GPUs, in the order of their years.
GPUS = {
    "P100": (6, 0),
    "V100": (7, 0),
    "T4": (7, 5),
    "A100": (8, 0),
    "RTX 4090": (8, 9),
    "H100": (9, 0),
}
# Bits of the exponent and of the fraction; one more is the sign.
FORMATS = {"float32": (8, 23), "float16": (5, 10), "bfloat16": (8, 7)}
TENSORFLOW_2_21_PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def mixed_precision_for(compute_capability: tuple[int, int]) -> str:
    """Gives the Keras dtype policy that makes a GPU fast.

    Tensor cores multiply float16 from 7.0 (Volta) on, and bfloat16 from 8.0 (Ampere)
    on. Below that mixed precision saves memory, but hardly time.

    Args:
        compute_capability: major and minor number.

    Returns:
        "float32", "mixed_float16" or "mixed_bfloat16".

    Raises:
        ValueError: these are not two numbers of a compute capability.

    Example:
        >>> mixed_precision_for((7, 0)), mixed_precision_for((8, 0))
        ('mixed_float16', 'mixed_bfloat16')
    """
    if not (
        isinstance(compute_capability, tuple)
        and len(compute_capability) == 2
        and all(type(number) is int for number in compute_capability)
        and compute_capability[0] >= 1
        and 0 <= compute_capability[1] <= 9
    ):
        raise ValueError(
            f"expected a compute capability such as (8, 0), got {compute_capability!r}"
        )
    if compute_capability >= (8, 0):
        return "mixed_bfloat16"
    return "mixed_float16" if compute_capability >= (7, 0) else "float32"


def number_range(exponent_bits: int, fraction_bits: int) -> tuple[float, float, float]:
    """Gives the largest number of a format, the smallest normal one, and the step at 1.

    With ``bias = 2^(e-1) - 1``: ``(2 - 2^-f) 2^bias``, ``2^(1-bias)``, ``2^-f``.

    Example:
        >>> number_range(5, 10)[0]
        65504.0
    """
    bias = 2 ** (exponent_bits - 1) - 1
    step = 2.0**-fraction_bits
    return (2 - step) * 2.0**bias, 2.0 ** (1 - bias), step


def comparison() -> Comparison:
    """Tells for which Python TensorFlow 2.21 is to be had: any 3.x, or these."""
    versions = [f"3.{minor}" for minor in range(8, 15)]
    return Comparison(
        "TensorFlow 2.21 can be installed: 1 yes, 0 no",
        "Python",
        versions,
        {
            "printed": [1] * len(versions),
            "right": [int(one in TENSORFLOW_2_21_PYTHONS) for one in versions],
        },
    )


def _gpu_rows():
    return "\n".join(
        f"| {name} | {numbers[0]}.{numbers[1]} | {mixed_precision_for(numbers)} |"
        for name, numbers in GPUS.items()
    )


def _format_rows():
    return "\n".join(
        f"| {name} | "
        + " | ".join(f"{number:.3g}" for number in number_range(*bits))
        + " |"
        for name, bits in FORMATS.items()
    )


_NUMBERS = f"""\
The Keras dtype policy that makes a GPU fast:

| GPU | compute capability | policy |
| --- | --- | --- |
{_gpu_rows()}

Why it matters: float16 has a narrow range, so that small gradients become 0 unless the
loss is scaled; bfloat16 has float32's range and fewer digits.

| format | largest | smallest normal | step at 1 |
| --- | --- | --- | --- |
{_format_rows()}

TensorFlow 2.21 has wheels for Python {", ".join(TENSORFLOW_2_21_PYTHONS)}.
"""

ENTRY = Erratum(
    id="E22",
    grade="C",
    sections=("5.1", "7.2.2", "7.2.3"),
    title="The environment asked for is outdated in part, and cannot be had in part.",
    printed="""
    §5.1: Linux or macOS; Python 3.x; TensorFlow 2.x or PyTorch 1.x; an NVIDIA GPU, a
    Tesla V100 or better recommended. §7.2.2: TensorBoard (for TensorFlow). §7.2.3:
    PyTorch 1.x.
    """,
    right="""
    What has changed since, and what never went together:

    * There is no CUDA for macOS since 10.2 (2019): an NVIDIA GPU means Linux, or
      Windows through WSL 2. On a Mac, TensorFlow runs on the CPU.
    * "Python 3.x" is not enough: each TensorFlow has wheels for some versions only.
    * PyTorch has been 2.x since March 2023.
    * A V100 still works, but its tensor cores know no bfloat16: there the policy is
      `mixed_float16`, from Ampere on `mixed_bfloat16`.
    * TensorBoard is not TensorFlow's alone (PyTorch writes for it as well), and is a
      package of its own that TensorFlow 2.21 no longer brings: install `tensorboard`.
    """,
    source="""
    NVIDIA, CUDA C++ Programming Guide, "Compute Capabilities"; CUDA 10.2 release notes
    (last release for macOS); Keras, guide to mixed precision; metadata of the packages
    tensorflow 2.21 and tensorboard 2.21; PyTorch 2.0 release notes (15 March 2023).
    """,
    numbers=_NUMBERS,
)
