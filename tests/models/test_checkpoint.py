"""Checkpoints: every tensor in its place or named in the error, files whole or none."""

import json

import keras
import numpy as np
import pytest
import safetensors.numpy

from roots_tf.models import checkpoint
from roots_tf.models.checkpoint import Place, fill, read_sizes, read_tensors, write

RNG = np.random.default_rng(0)
SIZES = {"hidden_size": "d_model", "activation": "act"}
FIXED = {"is_decoder": False}


@pytest.fixture
def layer():
    layer = keras.layers.Dense(3)
    layer.build((None, 2))
    return layer


@pytest.fixture
def table(layer):
    return checkpoint.dense("part", layer)


@pytest.fixture
def tensors():
    kernel = RNG.normal(size=(3, 2)).astype(np.float32)  # PyTorch's (out, in)
    return {"part.weight": kernel, "part.bias": np.float32([1, 2, 3])}


def test_a_dense_layer_is_filled_the_other_way_round(layer, table, tensors):
    fill(table, tensors, "source")

    x = np.float32([[5, 7]])
    expected = x @ tensors["part.weight"].T + tensors["part.bias"]
    np.testing.assert_allclose(layer(x), expected, rtol=1e-6)


def test_what_is_written_is_read_again(layer, table, tensors, tmp_path):
    fill(table, tensors, "source")

    write(tmp_path / "new", table, {"model_type": "any"})

    read = read_tensors(tmp_path / "new")
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(read[name], tensor)
    assert checkpoint.read_configuration(tmp_path / "new") == {"model_type": "any"}
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_variables_that_a_file_keeps_side_by_side_are_parted_and_joined(tmp_path):
    q, k, v = (keras.Variable(np.zeros((2, 3))) for _ in range(3))
    table = {"qkv": Place((q, k, v))}
    together = RNG.normal(size=(2, 9)).astype(np.float32)

    fill(table, {"qkv": together}, "source")

    np.testing.assert_array_equal(k, together[:, 3:6])
    write(tmp_path / "new", table, {})
    np.testing.assert_array_equal(read_tensors(tmp_path / "new")["qkv"], together)


def test_the_old_names_of_a_norm_are_read_as_those_of_today(tmp_path):
    old = {"a.LayerNorm.gamma": np.ones(2), "a.LayerNorm.beta": np.zeros(2)}
    safetensors.numpy.save_file(old, tmp_path / checkpoint.WEIGHTS)

    assert read_tensors(tmp_path).keys() == {"a.LayerNorm.weight", "a.LayerNorm.bias"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"part.bias": None}, r"1 \(part.bias\) missing and none left over"),
        ({"extra": np.ones(1)}, r"none missing and 1 \(extra\) left over"),
        (
            {"part.weight": np.ones((2, 3), np.float32)},
            r"part.weight to give \(2, 3\) for dense.*/kernel, got \(3, 2\)",
        ),
    ],
)
def test_tensors_that_do_not_fit_are_named_and_nothing_is_changed(
    layer, table, tensors, change, message
):
    before = [w.copy() for w in layer.get_weights()]
    tensors = {n: t for n, t in {**tensors, **change}.items() if t is not None}

    with pytest.raises(ValueError, match=f"^here: expected .*{message}"):
        fill(table, tensors, "here")

    for now, then in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_of_many_missing_tensors_six_are_listed():
    table = {f"t{number}": None for number in range(9)}

    with pytest.raises(ValueError, match=r"9 \(t0, t1, t2, t3, t4, t5 and 3 more\)"):
        fill(table, {}, "here")


def test_a_copy_may_be_there_and_must_be_one(table, tensors):
    copies = {"again": "part.bias"}
    right = {**tensors, "again": tensors["part.bias"]}

    fill(table, right, "here", copies=copies)

    with pytest.raises(ValueError, match="again to be a copy of part.bias"):
        fill(table, {**right, "again": np.zeros(3)}, "here", copies=copies)


def test_what_is_ignored_is_matched_from_the_start_of_the_name(table, tensors):
    head, inner = {"cls.bias": np.ones(1)}, {"part.cls.bias": np.ones(1)}

    fill(table, {**tensors, **head}, "here", ignored=[r"cls\."])

    with pytest.raises(ValueError, match=r"1 \(part.cls.bias\) left over"):
        fill(table, {**tensors, **inner}, "here", ignored=[r"cls\."])


def test_sizes_are_read_by_their_published_names():
    configuration = {"d_model": 8, "act": "gelu_new", "more": 1}

    sizes = read_sizes(configuration, SIZES, FIXED)

    assert sizes == {"hidden_size": 8, "activation": "gelu_tanh"}


def test_a_missing_size_and_another_kind_of_model_are_refused():
    with pytest.raises(ValueError, match="expected d_model, got none"):
        read_sizes({"act": "relu"}, SIZES, FIXED)
    with pytest.raises(ValueError, match="expected is_decoder of False, got True"):
        read_sizes({"d_model": 1, "act": "relu", "is_decoder": True}, SIZES, FIXED)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "expected a folder with config.json, got none"),
        ("{", "config.json: expected JSON, got "),
        ("[1]", r"config.json: expected an object, got \[1\]"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_one_line(tmp_path, content, message):
    if content is not None:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        checkpoint.read_configuration(tmp_path)


def test_weights_that_cannot_be_read_are_one_line(tmp_path):
    with pytest.raises(ValueError, match="expected a file model.safetensors, got none"):
        read_tensors(tmp_path)
    (tmp_path / checkpoint.WEIGHTS).write_bytes(
        b"\x08\x00\x00\x00\x00\x00\x00\x00{broken"
    )
    with pytest.raises(ValueError, match="model.safetensors: cannot be read: .+"):
        read_tensors(tmp_path)


def test_a_checkpoint_is_replaced_and_anything_else_is_left_alone(
    table, tensors, tmp_path
):
    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("dear", encoding="utf-8")
    write(tmp_path / "model", table, {"number": 1})

    write(tmp_path / "model", table, {"number": 2})
    with pytest.raises(ValueError, match="a new name or a checkpoint to replace"):
        write(other, table, {})

    text = (tmp_path / "model" / "config.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"number": 2}
    assert [path.name for path in other.iterdir()] == ["letter.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letters", "model"]


def test_a_write_that_fails_leaves_the_old_checkpoint(table, tmp_path, monkeypatch):
    write(tmp_path / "model", table, {"number": 1})

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(safetensors.numpy, "save_file", full)
    with pytest.raises(OSError, match="no space"):
        write(tmp_path / "model", table, {"number": 2})

    assert checkpoint.read_configuration(tmp_path / "model") == {"number": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
