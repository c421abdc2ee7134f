"""Settings that hold for every test."""

import os
from pathlib import Path

import pytest

# Before anything imports TensorFlow, Keras or matplotlib; child processes inherit them.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; the test is skipped where there is none."""
    folder = os.environ.get("ROOTS_TF_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("ROOTS_TF_DATA names no folder of real data sets")
    return Path(folder)
