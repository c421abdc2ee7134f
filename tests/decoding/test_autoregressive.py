"""The decoding loop, beside a loop in NumPy that reads the whole text at each step."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.decoding.autoregressive import align_prompts, decode, stream
from roots_tf.decoding.sampling import SamplingRule

GREEDY = SamplingRule(temperature=0)
PROMPTS = [[3, 1, 4], [1], [5, 9], [2, 6, 5, 3]]


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model(vocab_size=11, seed=1)


def run(model, prompts, length, rule=GREEDY, stop_tokens=(), seed=0, compiled=None):
    """The continued texts as lists."""
    prefix, given = align_prompts(prompts, length)

    def whole_loop():
        state = model.state(len(prompts))
        return decode(model.next_logits, state, prefix, given, rule, stop_tokens, seed)

    if compiled:
        whole_loop = tf.function(whole_loop, jit_compile=compiled == "xla")
    token_ids, lengths = whole_loop()
    rows = zip(token_ids.numpy(), lengths.numpy(), strict=True)
    return [row[:length].tolist() for row, length in rows]


def greedy_in_numpy(model, prompt, length, stop_tokens=(), penalty=1.0):
    tokens = list(prompt)
    for _ in range(length):
        logits = model.logits(tokens)
        for token in set(tokens):
            factor = 1 / penalty if logits[token] > 0 else penalty
            logits[token] *= factor
        tokens.append(int(logits.argmax()))
        if tokens[-1] in stop_tokens:
            break
    return tokens


@pytest.mark.parametrize("compiled", [None, "graph", "xla"])
def test_prompts_of_different_lengths_go_on_as_each_does_alone(model, compiled):
    texts = run(model, PROMPTS, length=7, compiled=compiled)

    assert texts == [greedy_in_numpy(model, prompt, 7) for prompt in PROMPTS]


def test_a_stop_token_ends_its_row_and_no_other(model):
    free = [greedy_in_numpy(model, prompt, 9) for prompt in PROMPTS]
    stops = (free[0][5], free[2][4])  # tokens that some rows meet on their way

    texts = run(model, PROMPTS, length=9, stop_tokens=stops, compiled="graph")

    assert texts == [greedy_in_numpy(model, prompt, 9, stops) for prompt in PROMPTS]
    assert len({len(text) for text in texts}) > 1


def test_a_stop_token_in_the_prompt_ends_nothing(model):
    prompts = [[7, 1], [7, 1, 7, 7]]

    texts = run(model, prompts, length=3, stop_tokens=(7,))

    assert texts == [greedy_in_numpy(model, prompt, 3, (7,)) for prompt in prompts]


def test_the_loop_ends_when_every_row_has(model):
    calls = []

    def counted(token_ids, state):
        calls.append(token_ids.shape[1])
        return model.next_logits(token_ids, state)

    prefix, given = align_prompts([[1, 2]], 50)
    first = int(model.logits([1, 2]).argmax())
    decode(counted, model.state(1), prefix, given, GREEDY, (first,))

    assert len(calls) <= 2


def test_what_follows_the_end_of_a_row_is_zero(model):
    prefix, given = align_prompts(PROMPTS, 2)

    token_ids, lengths = decode(
        model.next_logits, model.state(4), prefix, given, GREEDY
    )

    assert lengths.numpy().tolist() == [5, 3, 4, 6]
    for row, length in zip(token_ids.numpy(), lengths.numpy(), strict=True):
        assert not row[length:].any()


def test_the_repetition_penalty_looks_at_prompt_and_continuation(model):
    rule = SamplingRule(temperature=0, repetition_penalty=1.7)

    texts = run(model, PROMPTS, 8, rule, compiled="graph")

    assert texts == [greedy_in_numpy(model, p, 8, penalty=1.7) for p in PROMPTS]
    assert texts != run(model, PROMPTS, 8)


@pytest.mark.parametrize("compiled", [None, "graph", "xla"])
def test_a_seed_gives_one_text_and_another_seed_another(model, compiled):
    rule = SamplingRule(temperature=1.5)

    texts = [
        run(model, PROMPTS, 12, rule, seed=seed, compiled=compiled)
        for seed in (1, 1, 2)
    ]

    assert texts[0] == texts[1] != texts[2]


def test_draws_of_the_loop_have_the_models_distribution_by_chi_square(model):
    from scipy.stats import chisquare

    count = 5_000

    texts = run(model, [[2, 3]] * count, 2, SamplingRule(), seed=5, compiled="graph")

    first = np.bincount([text[2] for text in texts], minlength=11)
    probabilities = np.exp(model.log_probabilities([2, 3]))
    assert chisquare(first, count * probabilities).pvalue > 0.001
    token = int(first.argmax())
    second = np.bincount([t[3] for t in texts if t[2] == token], minlength=11)
    probabilities = np.exp(model.log_probabilities([2, 3, token]))
    frequent = (
        probabilities * first[token] > 5
    )  # where chi-square's approximation holds
    observed = [*second[frequent], second[~frequent].sum()]
    expected = [*probabilities[frequent], probabilities[~frequent].sum()]
    assert chisquare(observed, first[token] * np.array(expected)).pvalue > 0.001


@pytest.mark.parametrize("rule", [GREEDY, SamplingRule(1.5, repetition_penalty=1.2)])
def test_the_stream_gives_the_tokens_of_the_compiled_loop(model, rule):
    (text,) = run(model, [[3, 1, 4]], 10, rule, seed=3, compiled="graph")

    streamed = list(
        stream(model.next_logits, model.state(1), [3, 1, 4], 10, rule, seed=3)
    )

    assert [3, 1, 4, *streamed] == text


def test_the_stream_ends_after_the_stop_token(model):
    stops = (greedy_in_numpy(model, [3, 1, 4], 4)[5],)

    streamed = list(
        stream(model.next_logits, model.state(1), [3, 1, 4], 20, GREEDY, stops)
    )

    assert [3, 1, 4, *streamed] == greedy_in_numpy(model, [3, 1, 4], 20, stops)


def test_the_stream_calls_the_model_once_a_token_and_not_ahead(model):
    calls = []

    def counted(token_ids, state):
        calls.append(token_ids.shape[1])
        return model.next_logits(token_ids, state)

    tokens = stream(counted, model.state(1), [3, 1, 4], 3, GREEDY)

    next(tokens)
    assert calls == [3]
    assert len(list(tokens)) == 2
    assert calls == [3, 1, 1]


@pytest.mark.parametrize("length", [0, 1])
def test_the_shortest_lengths_work(model, length):
    assert run(model, [[1, 2], [3]], length, compiled="graph") == [
        greedy_in_numpy(model, prompt, length) for prompt in ([1, 2], [3])
    ]
    state = model.state(1)
    assert len(list(stream(model.next_logits, state, [1], length, GREEDY))) == length


@pytest.mark.parametrize(
    "prompts, length, message",
    [
        ([], 3, "prompts of 1 token or more, got lengths []"),
        ([[1], []], 3, "prompts of 1 token or more, got lengths [1, 0]"),
        ([[1]], -1, "a length of 0 or more, got -1"),
    ],
)
def test_prompts_that_cannot_be_continued_are_refused(prompts, length, message):
    with pytest.raises(ValueError) as error:
        align_prompts(prompts, length)

    assert str(error.value) == f"expected {message}"
