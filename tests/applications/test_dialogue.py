"""Both agents: the history they read, the formula, folders and files of theirs."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.applications.dialogue import load_agent
from roots_tf.applications.dialogue_generation import NO_LABEL, GenerativeAgent
from roots_tf.applications.dialogue_retrieval import RetrievalAgent
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.optimization import losses
from roots_tf.text.dialogue_history import history_text
from roots_tf.train.dialogue_generation_parts import mean_loss
from tests.applications.dialogue_agents import (
    DIALOGUES,
    EXAMPLES,
    generative_agent,
    retrieval_agent,
)

HISTORIES = [
    ["How are you?"],
    ["Is it raining?", "Yes, take an umbrella.", "I have lost it."],
    ["你好，今天忙吗？", "不忙，你呢？"],
    ["😀", "مرحبا", "\x00\x07", "a ticket"],
    ["word " * 200, "umbrella"],
]
MAKE = {"retrieval": retrieval_agent, "generative": generative_agent}
SCRIPT = """
import sys
import tensorflow as tf, tensorflow_text
answer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
texts = tf.constant([text.replace("|", "\\n") for text in sys.argv[2:]])
for reply in answer(texts=texts)["replies"].numpy():
    sys.stdout.buffer.write(reply + b"\\n")
"""


@pytest.fixture(scope="module")
def agents():
    return {name: make() for name, make in MAKE.items()}


@pytest.fixture(params=list(MAKE))
def agent(agents, request):
    return agents[request.param]


@pytest.fixture
def retrieval(agents):
    yield agents["retrieval"]
    agents["retrieval"].weight = 0.5


@pytest.fixture
def generative(agents):
    return agents["generative"]


def test_a_saved_agent_replies_as_before(agent, tmp_path):
    agent.save(tmp_path / "model")

    loaded = load_agent(tmp_path / "model")

    assert type(loaded) is type(agent)
    assert loaded.replies_to(HISTORIES) == agent.replies_to(HISTORIES)


@pytest.mark.slow
def test_a_fresh_process_gives_the_same_replies_from_the_exported_file(agent, tmp_path):
    agent.export(tmp_path / "exported")
    texts = [history_text(history).replace("\n", "|") for history in HISTORIES[:3]]

    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "exported"), *texts]
    done = subprocess.run(command, capture_output=True, check=True, timeout=300)

    assert done.stdout.decode().splitlines() == agent.replies_to(HISTORIES[:3])


def test_a_batch_gives_what_each_history_gives_alone(agent):
    assert agent.replies_to(HISTORIES) == [agent.reply(one) for one in HISTORIES]


def test_what_is_too_far_back_changes_no_reply(agent):
    recent = ["How are you?", "Fine, thanks. And you?", "I am tired."]
    long = ["umbrella and Rome " * 9, "forty euros " * 9] * 30

    assert agent.reply([*long, *recent[1:]]) == agent.reply([*long[4:], *recent[1:]])


@pytest.mark.parametrize("history", [[], [""], ["Hi", " \n"], ["\ud800"]])
def test_what_is_no_turn_is_refused(agent, history):
    with pytest.raises(ValueError):
        agent.reply(history)


@pytest.mark.parametrize("content", [None, '{"task": "dialogue_retrieval"}'])
def test_a_folder_of_something_else_is_refused_with_its_name(tmp_path, content):
    if content:
        (tmp_path / "configuration.json").write_text(content)

    with pytest.raises(ValueError, match=tmp_path.name):
        load_agent(tmp_path)


def test_a_context_is_its_turns_the_last_first(retrieval):
    tokenizer = retrieval.embedder.tokenizer
    cls, sep = (tokenizer.special_ids[name] for name in ("[CLS]", "[SEP]"))
    turns = ["How are you?", "Fine, thanks."]

    found = retrieval.context_ids(tf.constant(["\n".join(turns)]))

    first, second = (tokenizer.encode([turn])[0].numpy().tolist() for turn in turns)
    assert found.numpy().tolist() == [[cls, *second, sep, *first, sep]]


def test_the_reply_is_the_examples_with_the_largest_sum_of_both_halves(retrieval):
    replies, agent = [reply for _, reply in EXAMPLES], retrieval
    cosines = agent.cosines(HISTORIES, replies)
    examples = agent.by_examples(HISTORIES, replies)
    for agent.weight in (0.0, 0.3, 1.0):
        found = agent.replies_to(HISTORIES)

        best = (agent.weight * cosines + (1 - agent.weight) * examples).argmax(axis=1)
        assert found == [replies[row] for row in best]


def test_a_context_that_is_an_example_gets_the_reply_that_was_given(retrieval):
    retrieval.weight = 0.0

    assert retrieval.replies_to([history for history, _ in EXAMPLES]) == [
        reply for _, reply in EXAMPLES
    ]


def test_filling_of_a_batch_changes_no_cosine(retrieval):
    long, short = ["word " * 20], ["umbrella"]

    together = retrieval.cosines([short, long], ["Yes."])
    alone = retrieval.cosines([short], ["Yes."])

    np.testing.assert_allclose(together[:1], alone, atol=1e-5)


def test_marks_alternate_each_turn_ends_and_the_reply_alone_has_labels(generative):
    tokenizer = generative.tokenizer
    end, first = tokenizer.end_id, tokenizer.vocab_size
    turns = ["Hi", "Yes", "No"]

    (example,) = generative.examples([turns[:2]], turns[2:])

    one, two, three = (tokenizer.encode([turn])[0].numpy().tolist() for turn in turns)
    read = [first, *one, end, first + 1, *two, end, first]
    assert example.token_ids.tolist() == [*read, *three]
    ignored = [NO_LABEL] * (len(read) - 1)
    assert example.labels.tolist() == [*ignored, *three, end]


def test_each_speaker_keeps_the_mark_when_turns_are_left_out(generative):
    first = generative.tokenizer.vocab_size
    for count in (9, 10, 301, 302):
        history = [f"{n}" for n in range(count)]

        (example,) = generative.examples([history], ["ok"])

        marks = example.token_ids[example.token_ids >= first]
        assert marks[-1] == first + count % 2
        assert (np.diff(marks) != 0).all()


def test_the_loss_is_the_mean_over_the_tokens_of_replies(generative):
    examples = generative.examples(*zip(*EXAMPLES, strict=True))

    found = mean_loss(generative.model, examples)["loss"]

    nats = []
    for ids, labels in examples:
        logits = generative.model(ids[None]).numpy()[0].astype(np.float64)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        nats += [-logits[t, label] for t, label in enumerate(labels) if label >= 0]
    assert found == pytest.approx(np.mean(nats), rel=1e-5)


def test_a_greedy_reply_is_the_likeliest_token_after_what_was_read(generative):
    banned = {generative.tokenizer.pad_id, generative.tokenizer.unknown_id}
    banned |= set(generative.tokenizer.special_ids.values())
    banned |= {generative.tokenizer.vocab_size, generative.tokenizer.vocab_size + 1}
    banned -= {generative.tokenizer.end_id}
    for history in HISTORIES:
        texts = tf.constant(generative.texts_of([history]))
        ids = generative.prompts(texts)[0].numpy().tolist()
        written = []
        while len(written) < generative.reply_length:
            logits = generative.model(np.array([ids + written])).numpy()[0, -1]
            logits[list(banned)] = -np.inf
            if (token := int(logits.argmax())) == generative.tokenizer.end_id:
                break
            written.append(token)

        found = generative.reply(history)

        assert found == generative.tokenizer.decode(written).strip()


def test_a_seed_gives_its_reply_again_and_another_seed_another(generative):
    rule = SamplingRule(temperature=1.5)

    found = [generative.reply(HISTORIES[0], rule, seed) for seed in (1, 1, 2, 3, 4)]

    assert found[0] == found[1]
    assert len(set(found)) > 2


def test_dialogues_that_are_learned_by_heart_are_gone_on_with():
    agent = generative_agent(context=64, reply_length=28)
    examples = agent.examples(*zip(*EXAMPLES, strict=True))
    width = max(len(one.token_ids) for one in examples)
    ids, labels = (
        np.stack(
            [np.pad(row, (0, width - len(row)), constant_values=fill) for row in rows]
        )
        for rows, fill in zip(zip(*examples, strict=True), (0, NO_LABEL), strict=True)
    )
    optimizer, model = tf.keras.optimizers.Adam(0.01), agent.model
    optimizer.build(model.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            nats = losses.cross_entropy(
                np.maximum(labels, 0), model(ids, training=True)
            )
            loss = tf.reduce_sum(nats * (labels >= 0)) / (labels >= 0).sum()
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )

    for _ in range(200):
        step()

    histories = [history for history, _ in EXAMPLES[:5]]
    right = ["".join(reply.split()) for _, reply in EXAMPLES[:5]]
    assert ["".join(one.split()) for one in agent.replies_to(histories)] == right


@pytest.mark.parametrize("change", [{"reply_length": 30}, {"reply_length": 1}])
def test_a_reply_that_leaves_no_room_for_a_turn_is_refused(change):
    with pytest.raises(ValueError, match="expected a reply of 2 to 28 tokens"):
        generative_agent(**change)


def test_a_tokenizer_of_another_model_is_refused(generative):
    other = generative_agent(context=40).model
    smaller = type(other)(type(other.config)(50, 32, 16, 1, 2))
    smaller.build()

    with pytest.raises(ValueError, match="two fewer than the model has"):
        GenerativeAgent(smaller, generative.tokenizer, 8)


def test_examples_are_needed_and_a_weight_of_0_to_1(retrieval):
    with pytest.raises(ValueError, match="expected examples and a weight"):
        RetrievalAgent(retrieval.embedder, [], 0.5)
    with pytest.raises(ValueError, match="got 11 and 1.5"):
        RetrievalAgent(retrieval.embedder, EXAMPLES, 1.5)


def test_the_examples_here_are_every_turn_but_the_first():
    assert len(EXAMPLES) == sum(len(turns) - 1 for turns in DIALOGUES)
