"""E22: formats against NumPy's, versions against the installed packages' metadata."""

from importlib import metadata

import numpy as np
import pytest

from roots_tf.errata.e22_environment import (
    ENTRY,
    FORMATS,
    GPUS,
    TENSORFLOW_2_21_PYTHONS,
    mixed_precision_for,
    number_range,
)


@pytest.fixture
def tensorflow_2_21():
    """The metadata of the installed TensorFlow, which is not imported."""
    found = metadata.metadata("tensorflow")
    if not found["Version"].startswith("2.21."):
        pytest.skip(f"of TensorFlow 2.21; installed is {found['Version']}")
    return found


@pytest.mark.parametrize(
    ("capability", "policy"),
    [
        ((6, 1), "float32"),  # GTX 1080
        ((7, 0), "mixed_float16"),  # V100, the first with tensor cores
        ((7, 5), "mixed_float16"),
        ((8, 0), "mixed_bfloat16"),  # A100, the first with bfloat16
        ((8, 6), "mixed_bfloat16"),
        ((9, 0), "mixed_bfloat16"),
        ((10, 0), "mixed_bfloat16"),  # B200: not less than 8.0
    ],
)
def test_float16_is_fast_from_7_0_on_and_bfloat16_from_8_0_on(capability, policy):
    assert mixed_precision_for(capability) == policy


@pytest.mark.parametrize("wrong", [7.0, "7.0", (7,), (0, 0), (8, 12), (8.0, 0)])
def test_what_is_no_compute_capability_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a compute capability such as"):
        mixed_precision_for(wrong)


@pytest.mark.parametrize("name", ["float32", "float16"])
def test_ranges_are_those_that_numpy_gives(name):
    expected = np.finfo(name)

    largest, smallest, step = number_range(*FORMATS[name])

    assert largest == float(expected.max)
    assert smallest == float(expected.tiny)
    assert step == float(expected.eps)


def test_the_range_of_bfloat16_is_that_of_its_own_bits():
    # A bfloat16 is the upper half of a float32: largest 0x7F7F, smallest normal 0x0080,
    # 1 and the number after it 0x3F80 and 0x3F81.
    upper = np.array([0x7F7F, 0x0080, 0x3F80, 0x3F81], np.uint32)

    largest, smallest, one, after = (upper << 16).view(np.float32).tolist()

    assert number_range(*FORMATS["bfloat16"]) == (largest, smallest, after - one)


def test_a_gradient_that_bfloat16_keeps_is_0_in_float16():
    gradient = 1e-8

    assert np.float16(gradient) == 0
    assert np.float16(gradient * 1024) > 0  # scaled
    assert number_range(*FORMATS["bfloat16"])[1] < gradient


def test_tensorflow_says_which_pythons_it_is_built_for(tensorflow_2_21):
    prefix = "Programming Language :: Python :: 3."
    built_for = [
        classifier.rpartition(" ")[2]
        for classifier in tensorflow_2_21.get_all("Classifier")
        if classifier.startswith(prefix)
    ]

    assert tuple(built_for) == TENSORFLOW_2_21_PYTHONS
    assert ", ".join(built_for) in ENTRY.numbers


def test_tensorflow_brings_no_tensorboard_and_tensorboard_no_tensorflow(
    tensorflow_2_21,
):
    brought = tensorflow_2_21.get_all("Requires-Dist")
    of_tensorboard = metadata.requires("tensorboard")

    assert not [name for name in brought if name.startswith("tensorboard")]
    assert not [name for name in of_tensorboard if name.startswith("tensorflow")]


def test_the_entry_has_a_row_for_each_gpu_and_each_format():
    assert all(f"\n| {name} | " in ENTRY.numbers for name in (*GPUS, *FORMATS))
    assert "| V100 | 7.0 | mixed_float16 |" in ENTRY.numbers
    assert "| float16 | 6.55e+04 | 6.1e-05 | 0.000977 |" in ENTRY.numbers
