"""Computes every model with given weights and writes the outputs to a file.

    KERAS_BACKEND=jax python -m tests.models.backend_contract FILE.npz

The weights and inputs are drawn by NumPy, so that two backends must agree.
"""

import sys

import keras
import numpy as np

from roots_tf.models.albert import Albert, AlbertConfig
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.bert_pretraining import EncoderPretraining
from roots_tf.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.t5 import T5, T5Config

V, B, T, ROOM = 17, 2, 4, 5


def compute_all() -> dict[str, np.ndarray]:
    """Gives the outputs of every model by name, as NumPy arrays."""
    rng = np.random.default_rng(0)
    ids = rng.integers(1, V, (B, T)).astype("int32")
    ids[1, 3:] = 0
    target = rng.integers(1, V, (B, T)).astype("int32")
    pair = {"source_ids": ids, "target_ids": target}
    positions = np.tile(np.array([1, 3], "int32"), (B, 1))
    outputs = {}
    sizes = dict(hidden_size=16, num_heads=2, intermediate_size=24, num_layers=1)
    for name, encoder in {
        "bert": Bert(BertConfig.tiny(V, **sizes)),
        "albert": Albert(AlbertConfig.tiny(V, embedding_size=8, **sizes)),
    }.items():
        model = with_weights(EncoderPretraining(encoder))
        found = model({"token_ids": ids, "masked_positions": positions})
        outputs |= {f"{name} {key}": value for key, value in found.items()}
    for name, model in {
        "encoder_decoder": EncoderDecoder(EncoderDecoderConfig.tiny(V, **sizes)),
        "t5": T5(T5Config.tiny(V, hidden_size=16, head_width=8, num_layers=1)),
    }.items():
        model = with_weights(model)
        outputs[name] = model(pair)
        outputs[f"{name} cached"] = step_by_step(model, target, model.start(ids, ROOM))
    gpt = with_weights(Gpt(GptConfig.tiny(V, hidden_size=16, num_layers=1)))
    outputs["gpt"] = gpt(target)
    outputs["gpt cached"] = step_by_step(gpt, target, gpt.empty_cache(B, ROOM))
    return {k: keras.ops.convert_to_numpy(value) for k, value in outputs.items()}


def step_by_step(model, token_ids, state):
    """The logits (B, T, V) token by token, with the model's cache."""
    logits = []
    for t in range(T):
        of_next, state = model.next_logits(token_ids[:, t : t + 1], state)
        logits.append(of_next)
    return keras.ops.stack(logits, axis=1)


def with_weights(model):
    model.build()
    for number, weight in enumerate(model.trainable_weights):
        weight.assign(np.random.default_rng(number).normal(0, 0.4, weight.shape))
    return model


if __name__ == "__main__":
    np.savez(sys.argv[1], **compute_all())
