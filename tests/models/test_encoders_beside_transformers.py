"""BERT and ALBERT with random weights beside ``transformers`` (PyTorch, CPU, eager)."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models import published_albert, published_bert
from roots_tf.models.bert_pretraining import EncoderPretraining
from roots_tf.models.encoder_heads import (
    SpanClassifier,
    TextClassifier,
    TokenClassifier,
)
from roots_tf.models.published_weights import load_published, save_published

pytestmark = pytest.mark.parity

torch = pytest.importorskip("torch", reason="needs torch")
transformers = pytest.importorskip("transformers", reason="needs transformers")

V, B, T = 37, 4, 9
KINDS = {"Bert": published_bert, "Albert": published_albert}
REAL = np.arange(T) < np.array([[9], [6], [2], [8]])
HEADS = {
    TextClassifier: "ForSequenceClassification",
    TokenClassifier: "ForTokenClassification",
    SpanClassifier: "ForQuestionAnswering",
}


def random_sizes(kind: str, seed: int) -> dict:
    """Sizes of a small model, all different, drawn by the seed."""
    rng = np.random.default_rng(seed)
    heads = int(rng.integers(2, 5))
    sizes = dict(
        vocab_size=V,
        hidden_size=heads * int(rng.integers(2, 7)),
        num_attention_heads=heads,
        num_hidden_layers=int(rng.integers(1, 4)),
        intermediate_size=int(rng.integers(5, 40)),
        max_position_embeddings=int(rng.integers(T, 20)),
        type_vocab_size=int(rng.integers(2, 4)),
        hidden_act=str(rng.choice(["gelu", "gelu_new", "relu"])),
        layer_norm_eps=float(rng.choice([1e-12, 1e-5])),
        attn_implementation="eager",
    )
    if kind == "Albert":
        sizes["embedding_size"] = int(rng.integers(3, 12))
    return sizes


def their_model(kind: str, task: str, seed: int, **more):
    """A model all of whose weights are random, norms and biases too."""
    configuration = getattr(transformers, f"{kind}Config")
    config = configuration(**random_sizes(kind, seed), **more)
    torch.manual_seed(seed)
    model = getattr(transformers, f"{kind}{task}")(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    return model


def batch(seed: int) -> tuple[dict, dict]:
    """The same texts for both: padded on the right, with two segments."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, V, (B, T)) * REAL
    segments = rng.integers(0, 2, (B, T))
    ours = {
        "token_ids": ids.astype(np.int32),
        "segment_ids": segments.astype(np.int32),
        "masked_positions": np.tile(np.arange(T, dtype=np.int32), (B, 1)),
    }
    theirs = {
        "input_ids": torch.tensor(ids),
        "token_type_ids": torch.tensor(segments),
        "attention_mask": torch.tensor(REAL.astype(int)),
    }
    return ours, theirs


def assert_near(ours, theirs, at=...):
    """Equal to 1e-5 of the size of the values, at real tokens."""
    expected = theirs.detach().numpy()[at]
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(
        np.asarray(ours)[at], expected, rtol=0, atol=1e-5 * scale
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_every_output_of_pretraining_equals_theirs(kind, seed, tmp_path):
    theirs = their_model(kind, "ForPreTraining", seed)
    theirs.save_pretrained(tmp_path / "model")
    inputs, their_inputs = batch(seed)

    ours = load_published(tmp_path / "model", EncoderPretraining)
    outputs, states = ours(inputs), ours.encoder.states(inputs)

    expected = theirs(**their_inputs, output_hidden_states=True)
    pair_logits = getattr(expected, "sop_logits", None)
    if pair_logits is None:
        pair_logits = expected.seq_relationship_logits
    assert_near(outputs["masked_logits"], expected.prediction_logits, at=REAL)
    assert_near(outputs["pair_logits"], pair_logits)
    for state, of_layer in zip(states, expected.hidden_states, strict=True):
        assert_near(state, of_layer, at=REAL)


@pytest.mark.parametrize("mask", ["right", "left and inside", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_states_pooled_vector_and_attention_equal_theirs(kind, mask, tmp_path):
    theirs = their_model(kind, "Model", seed=5)
    theirs.save_pretrained(tmp_path / "model")
    real = np.ones((B, T), bool)
    if mask == "right":
        real = REAL.copy()
    if mask == "left and inside":
        real[0, :4] = real[1, 3] = real[2, 5:7] = False
    inputs, their_inputs = batch(5)
    inputs["token_ids"] = np.maximum(inputs["token_ids"], 1)
    their_inputs["input_ids"] = torch.tensor(inputs["token_ids"].astype(int))
    their_inputs["attention_mask"] = torch.tensor(real.astype(int))

    ours = load_published(tmp_path / "model")
    states, pooled = ours({**inputs, "padding_mask": real})
    weights = ours.attention_weights({**inputs, "padding_mask": real})

    expected = theirs(**their_inputs, output_attentions=True)
    assert_near(states, expected.last_hidden_state, at=real)
    if real[:, 0].all():
        assert_near(pooled, expected.pooler_output)
    for one, other in zip(weights, expected.attentions, strict=True):
        assert_near(np.asarray(one).swapaxes(1, 2), other.transpose(1, 2), at=real)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_the_heads_for_tasks_equal_theirs(kind, head, tmp_path):
    labels = {} if head is SpanClassifier else {"num_labels": 5}
    theirs = their_model(kind, HEADS[head], seed=6, **labels)
    theirs.save_pretrained(tmp_path / "model")
    inputs, their_inputs = batch(6)

    ours = load_published(tmp_path / "model", head)(inputs)

    expected = theirs(**their_inputs)
    if head is SpanClassifier:
        assert_near(ours["start_logits"], expected.start_logits, at=REAL)
        assert_near(ours["end_logits"], expected.end_logits, at=REAL)
    else:
        at = REAL if head is TokenClassifier else ...
        assert_near(ours, expected.logits, at=at)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_every_weight_equal_theirs(kind, tmp_path):
    theirs = their_model(kind, "ForPreTraining", seed=7)
    theirs.save_pretrained(tmp_path / "model")
    inputs, their_inputs = batch(7)
    rng = np.random.default_rng(7)
    # The sum of the outputs at real tokens, weighted at random.
    at_tokens = (rng.normal(size=(B, T, V)) * REAL[:, :, None]).astype(np.float32)
    at_pairs = rng.normal(size=(B, 2)).astype(np.float32)

    ours = load_published(tmp_path / "model", EncoderPretraining)
    with tf.GradientTape() as tape:
        outputs = ours(inputs)
        loss = tf.reduce_sum(outputs["masked_logits"] * at_tokens)
        loss += tf.reduce_sum(outputs["pair_logits"] * at_pairs)
    variables = ours.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables])
    by_path = {
        v.path: tf.convert_to_tensor(g).numpy()
        for v, g in zip(variables, gradients, strict=True)
    }

    expected = theirs(**their_inputs)
    pair_logits = list(expected.values())[1]
    their_loss = (expected.prediction_logits * torch.tensor(at_tokens)).sum()
    their_loss += (pair_logits * torch.tensor(at_pairs)).sum()
    their_loss.backward()
    published = KINDS[kind]
    table = {**published.core_table(ours.encoder), **published.head_table(ours)}
    assert len(table) == len(variables)
    for name, parameter in theirs.named_parameters():
        place = table[name.removeprefix(published.PREFIX)]
        found = by_path[place.variable.path]
        gradient = parameter.grad.numpy()
        scale = max(1.0, np.abs(gradient).max())
        np.testing.assert_allclose(
            found.T if place.transposed else found,
            gradient,
            rtol=0,
            atol=1e-5 * scale,
            err_msg=name,
        )


@pytest.mark.parametrize(
    "task",
    [
        *("Model", "ForPreTraining", "ForSequenceClassification"),
        *("ForTokenClassification", "ForQuestionAnswering"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_here_opens_there_with_every_weight(kind, task, tmp_path):
    theirs = their_model(kind, task, seed=8)
    theirs.save_pretrained(tmp_path / "theirs")
    head = {f"{name}": head for head, name in HEADS.items()}.get(task)
    head = EncoderPretraining if task == "ForPreTraining" else head

    save_published(load_published(tmp_path / "theirs", head), tmp_path / "ours")

    opened, report = getattr(transformers, f"{kind}{task}").from_pretrained(
        tmp_path / "ours", output_loading_info=True, attn_implementation="eager"
    )
    assert not any(report.values()), report
    expected = theirs.state_dict()
    assert opened.state_dict().keys() == expected.keys()
    for name, tensor in opened.state_dict().items():
        assert torch.equal(tensor, expected[name]), name
    ours, original = opened.config.to_dict(), theirs.config.to_dict()
    for name in KINDS[kind].SIZES.values():
        assert ours[name] == original[name], name
