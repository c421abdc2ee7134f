"""GPT-2 and T5 in the published layout: names, orientation, older files, refusals."""

import json

import keras
import numpy as np
import pytest
import safetensors.numpy

from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.published_weights import load_published, save_published
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import T5Config

SIZES = dict(hidden_size=6, head_width=2, intermediate_size=8, num_layers=1)
MODELS = {
    "gpt2": lambda: Gpt(GptConfig(9, 8, 6, num_layers=1, num_heads=3)),
    "t5 1.0": lambda: T5(T5Config("1.0", 9, num_heads=2, num_buckets=4, **SIZES)),
    "t5 1.1": lambda: T5(T5Config("1.1", 9, num_heads=2, num_buckets=4, **SIZES)),
}
# Typed from the published files' names; shapes are PyTorch's, (out, in) but for GPT-2.
GPT2 = {
    "wte.weight": (9, 6),
    "wpe.weight": (8, 6),
    "h.0.ln_1.weight": (6,),
    "h.0.ln_1.bias": (6,),
    "h.0.attn.c_attn.weight": (6, 18),
    "h.0.attn.c_attn.bias": (18,),
    "h.0.attn.c_proj.weight": (6, 6),
    "h.0.attn.c_proj.bias": (6,),
    "h.0.ln_2.weight": (6,),
    "h.0.ln_2.bias": (6,),
    "h.0.mlp.c_fc.weight": (6, 24),
    "h.0.mlp.c_fc.bias": (24,),
    "h.0.mlp.c_proj.weight": (24, 6),
    "h.0.mlp.c_proj.bias": (6,),
    "ln_f.weight": (6,),
    "ln_f.bias": (6,),
}


@pytest.fixture(params=MODELS)
def written(request, tmp_path):
    """A model with random weights, and the folder that it was written to."""
    keras.utils.set_random_seed(0)
    model = MODELS[request.param]()
    model.build()
    generator = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(generator.normal(size=weight.shape))
    save_published(model, tmp_path / "model")
    return model, tmp_path / "model"


def edit(folder, tensors=None, configuration=None):
    """Changes a checkpoint; a tensor that is None is taken out."""
    path = folder / "model.safetensors"
    held = {**safetensors.numpy.load_file(path), **(tensors or {})}
    held = {name: value for name, value in held.items() if value is not None}
    safetensors.numpy.save_file(held, path)
    path = folder / "config.json"
    path.write_text(
        json.dumps({**json.loads(path.read_text()), **(configuration or {})})
    )


def assert_same_weights(model, other):
    for one, two in zip(model.weights, other.weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_model_that_is_written_is_read_again(written):
    model, folder = written

    loaded = load_published(folder)

    assert loaded.config == model.config
    assert_same_weights(loaded, model)


@pytest.mark.parametrize("written", ["gpt2"], indirect=True)
def test_gpt2_has_the_published_names_and_keeps_kernels_as_they_are(written):
    model, folder = written

    tensors = safetensors.numpy.load_file(folder / "model.safetensors")

    assert {name: t.shape for name, t in tensors.items()} == {
        f"transformer.{name}": shape for name, shape in GPT2.items()
    }
    attention = model.blocks[0].self_attention
    kernel = tensors["transformer.h.0.attn.c_attn.weight"]
    for part, layer in enumerate(
        (
            attention.query_projection,
            attention.key_projection,
            attention.value_projection,
        )
    ):
        np.testing.assert_array_equal(kernel[:, 6 * part : 6 * part + 6], layer.kernel)


@pytest.mark.parametrize("written", ["gpt2"], indirect=True)
def test_the_first_published_gpt2_files_are_read(written):
    model, folder = written
    held = safetensors.numpy.load_file(folder / "model.safetensors")
    short = {name.removeprefix("transformer."): held[name] for name in held}
    mask = {"h.0.attn.bias": np.tril(np.ones((1, 1, 8, 8), np.float32))}

    edit(folder, {**dict.fromkeys(held), **short, **mask})

    assert_same_weights(load_published(folder), model)


@pytest.mark.parametrize("written", ["t5 1.0"], indirect=True)
def test_the_first_published_t5_files_are_read(written):
    model, folder = written
    shared = safetensors.numpy.load_file(folder / "model.safetensors")["shared.weight"]
    copies = ("encoder.embed_tokens", "decoder.embed_tokens", "lm_head")
    unread = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"

    edit(folder, {f"{name}.weight": shared.copy() for name in copies})
    edit(folder, {unread: np.ones((4, 2), np.float32)})

    assert_same_weights(load_published(folder), model)


def test_a_tensor_that_is_missing_or_left_over_is_named(written):
    _, folder = written
    name = next(iter(safetensors.numpy.load_file(folder / "model.safetensors")))

    edit(folder, {name: None, "another.weight": np.ones(3, np.float32)})

    with pytest.raises(
        ValueError, match="1 .*missing and 1 .another.weight. left over"
    ):
        load_published(folder)


@pytest.mark.parametrize(
    "written, changed, message",
    [
        ("gpt2", {"activation_function": "relu"}, "activation_function of 'gelu_new'"),
        ("gpt2", {"n_inner": 5}, "n_inner of None, got 5"),
        ("gpt2", {"tie_word_embeddings": False}, "tie_word_embeddings of True"),
        ("t5 1.1", {"feed_forward_proj": "gated-silu"}, "feed_forward_proj of"),
        ("t5 1.1", {"num_decoder_layers": 2}, "num_decoder_layers of 1, .* got 2"),
        ("t5 1.0", {"layer_norm_epsilon": 1e-5}, "layer_norm_epsilon of 1e-06"),
    ],
    indirect=["written"],
)
def test_a_model_that_would_be_another_one_here_is_refused(written, changed, message):
    _, folder = written

    edit(folder, configuration=changed)

    with pytest.raises(ValueError, match=f"config.json: expected {message}"):
        load_published(folder)
