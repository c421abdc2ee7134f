"""T5 with random weights beside that of ``transformers`` (PyTorch, CPU, eager)."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.decoding.autoregressive import align_prompts, decode
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models import published_t5
from roots_tf.models.published_weights import load_published, save_published
from roots_tf.models.t5_config import END_ID, START_ID, T5Config

pytestmark = pytest.mark.parity

torch = pytest.importorskip("torch", reason="needs torch")
t5 = pytest.importorskip("transformers.models.t5", reason="needs transformers")

V = 29


def their_config(version, **sizes):
    return t5.T5Config(
        vocab_size=V,
        feed_forward_proj=published_t5.FEED_FORWARDS[version],
        tie_word_embeddings=version == "1.0",
        decoder_start_token_id=START_ID,
        attn_implementation="eager",
        **sizes,
    )


@pytest.fixture(scope="module", params=["1.0", "1.1"])
def theirs(request):
    """A small model with random weights and more distances than exact buckets."""
    config = their_config(
        request.param,
        d_model=20,
        d_kv=6,
        d_ff=24,
        num_layers=3,
        num_heads=4,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=10,
        dropout_rate=0.0,
    )
    torch.manual_seed(0)
    model = t5.T5ForConditionalGeneration(config).eval()
    if request.param == "1.1":  # as the published files have it; here it starts tied
        model.lm_head.weight = torch.nn.Parameter(torch.zeros(V, 20))
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0, 0.3)
    return model


@pytest.fixture(scope="module")
def ours(theirs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "t5"
    theirs.save_pretrained(folder)
    return load_published(folder)


@pytest.fixture(scope="module")
def texts():
    """Sources of 14, 9 and 1 tokens, and targets of 12."""
    generator = np.random.default_rng(3)
    source_ids = generator.integers(2, V, (3, 14))
    source_ids[1, 9:] = source_ids[2, 1:] = 0
    target_ids = generator.integers(2, V, (3, 12))
    target_ids[:, 0] = START_ID
    return {"source_ids": source_ids, "target_ids": target_ids}


def run(theirs, texts):
    source_ids = torch.tensor(texts["source_ids"])
    return theirs(
        input_ids=source_ids,
        attention_mask=(source_ids != 0).long(),
        decoder_input_ids=torch.tensor(texts["target_ids"]),
    )


def test_logits_and_encoder_output_equal_theirs(ours, theirs, texts):
    with torch.no_grad():
        expected = run(theirs, texts)

    real = texts["source_ids"] != 0
    memory = np.asarray(ours.encode(texts["source_ids"], real[:, None, None, :]))

    np.testing.assert_allclose(ours(texts), expected.logits, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        memory[real], expected.encoder_last_hidden_state[real], rtol=1e-5, atol=1e-5
    )


def test_every_gradient_equals_theirs(ours, theirs, texts):
    labels = np.roll(texts["target_ids"], -1, axis=1)
    theirs.zero_grad()
    logits = run(theirs, texts).logits
    torch.nn.functional.cross_entropy(
        logits.reshape(-1, V), torch.tensor(labels).reshape(-1)
    ).backward()

    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, ours(texts))
        loss = tf.reduce_mean(losses)
    variables = [variable.value for variable in ours.trainable_variables]
    gradients = [
        tf.convert_to_tensor(g).numpy() for g in tape.gradient(loss, variables)
    ]
    by_variable = {
        variable.path: gradient
        for variable, gradient in zip(ours.trainable_variables, gradients, strict=True)
    }

    tensors = dict(theirs.named_parameters())
    table = published_t5.core_table(ours)
    assert len(table) == len(tensors)
    for name, (variable, transposed) in table.items():
        expected = tensors[name].grad.numpy()
        np.testing.assert_allclose(
            by_variable[variable.path],
            expected.T if transposed else expected,
            rtol=1e-5,
            atol=1e-5,
            err_msg=name,
        )


def test_cached_greedy_decoding_gives_their_tokens(ours, theirs, texts):
    source_ids = texts["source_ids"]
    expected = theirs.generate(
        torch.tensor(source_ids),
        attention_mask=torch.tensor((source_ids != 0).astype(int)),
        max_new_tokens=16,
        do_sample=False,
    ).numpy()

    prefix, given = align_prompts([[START_ID]] * 3, 16)
    state = ours.start(tf.constant(source_ids), max_length=17)
    rule = SamplingRule(temperature=0)
    found = decode(ours.next_logits, state, prefix, given, rule, (END_ID,))

    token_ids = found.token_ids.numpy()
    assert np.array_equal(token_ids[:, : expected.shape[1]], expected)
    assert not token_ids[:, expected.shape[1] :].any()


def test_they_open_what_we_write(ours, texts, tmp_path):
    save_published(ours, tmp_path / "written")

    model, report = t5.T5ForConditionalGeneration.from_pretrained(
        tmp_path / "written", attn_implementation="eager", output_loading_info=True
    )

    assert not any(report.values())
    with torch.no_grad():
        logits = run(model.eval(), texts).logits
    np.testing.assert_allclose(logits, ours(texts), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("size", ["small", "base", "large"])
def test_the_published_sizes_have_their_number_of_parameters(version, size):
    config = getattr(T5Config, size)(version)
    with torch.device("meta"):
        model = t5.T5ForConditionalGeneration(
            t5.T5Config(
                vocab_size=config.vocab_size,
                d_model=config.hidden_size,
                d_kv=config.head_width,
                d_ff=config.intermediate_size,
                num_layers=config.num_layers,
                num_heads=config.num_heads,
                feed_forward_proj=published_t5.FEED_FORWARDS[version],
            )
        )
        untied = 0 if version == "1.0" else config.vocab_size * config.hidden_size

    assert config.parameter_count == model.num_parameters() + untied
