"""The models give the same numbers on the other backends of Keras."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.models import backend_contract


@pytest.mark.parity
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend_gives_the_same_outputs(backend, project, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    file = tmp_path / "outputs.npz"

    subprocess.run(
        [sys.executable, "-m", "tests.models.backend_contract", str(file)],
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=project,
        check=True,
        timeout=300,
    )

    expected = backend_contract.compute_all()
    with np.load(file) as found:
        assert set(found) == set(expected)
        for name in expected:
            np.testing.assert_allclose(
                found[name], expected[name], rtol=1e-4, atol=1e-5, err_msg=name
            )


def test_with_a_cache_every_model_gives_the_same_as_without():
    outputs = backend_contract.compute_all()

    for name in ("encoder_decoder", "t5", "gpt"):
        np.testing.assert_allclose(
            outputs[f"{name} cached"], outputs[name], rtol=1e-4, atol=1e-5
        )
