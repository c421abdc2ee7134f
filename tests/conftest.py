"""Settings that hold for every test."""

import os
import socket
from pathlib import Path

import pytest

# Before anything imports TensorFlow, Keras or matplotlib; child processes inherit them.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["MPLBACKEND"] = "Agg"


_CONNECT = socket.socket.connect
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def _connect_to_this_machine(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        if address[0] not in _THIS_MACHINE:
            raise OSError(f"tests connect to this machine alone, not to {address[0]}")
    return _CONNECT(self, address)


# No test may need a network, or notice that there is one.
socket.socket.connect = _connect_to_this_machine


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
