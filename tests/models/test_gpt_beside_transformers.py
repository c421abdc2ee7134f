"""GPT-2 with random weights beside that of ``transformers`` (PyTorch, CPU, eager)."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.decoding.autoregressive import align_prompts, decode
from roots_tf.decoding.beam_search import beam_search
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models import published_gpt2
from roots_tf.models.published_weights import load_published, save_published

pytestmark = pytest.mark.parity

torch = pytest.importorskip("torch", reason="needs torch")
gpt2 = pytest.importorskip("transformers.models.gpt2", reason="needs transformers")

V = 31


@pytest.fixture(scope="module")
def theirs():
    """A small model, all of whose weights are random, norms and biases too."""
    config = gpt2.GPT2Config(
        vocab_size=V,
        n_positions=24,
        n_embd=24,
        n_layer=3,
        n_head=4,
        **dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0),
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
        attn_implementation="eager",
    )
    torch.manual_seed(0)
    model = gpt2.GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0, 0.3)
    return model


@pytest.fixture(scope="module")
def ours(theirs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "gpt2"
    theirs.save_pretrained(folder)
    return load_published(folder)


@pytest.fixture(scope="module")
def token_ids():
    return np.random.default_rng(2).integers(1, V, (4, 11))


@pytest.mark.parametrize("padded", [False, True])
def test_every_output_equals_theirs(ours, theirs, token_ids, padded):
    mask = np.ones(token_ids.shape, bool)
    if padded:  # on the left, on the right, within
        mask[0, :3] = mask[1, 8:] = mask[2, 5] = False

    with torch.no_grad():
        expected = theirs(
            torch.tensor(token_ids),
            attention_mask=torch.tensor(mask.astype(int)),
            output_hidden_states=True,
            output_attentions=not padded,
        )
    pairs = [
        (ours(token_ids, padding_mask=mask), expected.logits),
        (ours.features(token_ids, mask), expected.hidden_states[-1]),
    ]

    for found, wanted in pairs:
        np.testing.assert_allclose(
            np.asarray(found)[mask], wanted.numpy()[mask], rtol=1e-5, atol=1e-5
        )
    if not padded:
        for found, wanted in zip(
            ours.attention_weights(token_ids), expected.attentions, strict=True
        ):
            np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-5, atol=1e-5)


def test_every_gradient_equals_theirs(ours, theirs, token_ids):
    theirs.zero_grad()
    ids = torch.tensor(token_ids)
    theirs(ids, labels=ids).loss.backward()

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                token_ids[:, 1:], ours(token_ids)[:, :-1]
            )
        )
    variables = [variable.value for variable in ours.trainable_variables]
    gradients = [
        tf.convert_to_tensor(g).numpy() for g in tape.gradient(loss, variables)
    ]
    by_variable = {
        variable.path: gradient
        for variable, gradient in zip(ours.trainable_variables, gradients, strict=True)
    }

    tensors = dict(theirs.named_parameters())
    table = published_gpt2.core_table(ours)
    assert len(table) == len(tensors)
    for name, (variable, _) in table.items():
        parts = variable if isinstance(variable, tuple) else (variable,)
        found = np.concatenate([by_variable[part.path] for part in parts], axis=-1)
        expected = tensors[published_gpt2.PREFIX + name].grad.numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("penalty", [1.0, 1.4])
def test_cached_greedy_decoding_gives_their_tokens(ours, theirs, token_ids, penalty):
    prompts = token_ids[:, :5]
    expected = theirs.generate(
        torch.tensor(prompts),
        attention_mask=torch.ones(4, 5, dtype=torch.int64),
        max_new_tokens=14,
        do_sample=False,
        repetition_penalty=penalty,
    )

    rule = SamplingRule(temperature=0, repetition_penalty=penalty)
    prefix, given = align_prompts(prompts, 14)
    found = decode(ours.next_logits, ours.empty_cache(4, 19), prefix, given, rule)

    assert np.array_equal(found.token_ids, expected.numpy())


@pytest.mark.parametrize("stop", [None, 5])
def test_beam_search_without_length_normalisation_finds_their_texts(
    ours, theirs, token_ids, stop
):
    prompts = token_ids[:, :5].astype(np.int32)
    expected = theirs.generate(
        torch.tensor(prompts, dtype=torch.int64),
        attention_mask=torch.ones(4, 5, dtype=torch.int64),
        max_new_tokens=8,
        num_beams=4,
        do_sample=False,
        early_stopping="never",
        length_penalty=0.0,  # theirs divides by length ** penalty
        eos_token_id=stop,
        output_scores=True,
        return_dict_in_generate=True,
    )

    stops = () if stop is None else (stop,)
    state = ours.empty_cache(4, 13)
    found = beam_search(ours.next_logits, state, prompts, 8, 4, stops, alpha=0.0)

    np.testing.assert_allclose(
        found.scores[:, 0], expected.sequences_scores.numpy(), rtol=1e-5
    )
    best = found.token_ids[:, 0].numpy()
    theirs_after = expected.sequences.numpy()[:, 5:]
    assert np.array_equal(best[:, : theirs_after.shape[1]], theirs_after)


def test_they_open_what_we_write(ours, token_ids, tmp_path):
    save_published(ours, tmp_path / "written")

    model, report = gpt2.GPT2LMHeadModel.from_pretrained(
        tmp_path / "written", attn_implementation="eager", output_loading_info=True
    )

    assert not any(report.values())
    with torch.no_grad():
        logits = model.eval()(torch.tensor(token_ids)).logits.numpy()
    np.testing.assert_allclose(logits, ours(token_ids), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", ["small", "medium", "large", "xl"])
def test_the_published_sizes_have_their_number_of_parameters(size):
    config = getattr(published_gpt2.GptConfig, size)()
    with torch.device("meta"):
        model = gpt2.GPT2LMHeadModel(
            gpt2.GPT2Config(
                n_embd=config.hidden_size,
                n_layer=config.num_layers,
                n_head=config.num_heads,
            )
        )

    assert config.parameter_count == model.num_parameters()
