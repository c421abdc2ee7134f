"""Texts continued: as one stream, at once, beyond the context, saved and loaded."""

import keras
import numpy as np
import pytest

from roots_tf.applications.text_generation import TextGenerator
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.text.characters import CharacterTokenizer

GREEDY, DRAWN = SamplingRule(temperature=0), SamplingRule(temperature=1.3)
TEXTS = ["to be, or not to be\n", "深度学习与语言模型"]
CONTEXT = 12


def build(tokenizer, seed=0):
    """An untrained model of large weights, so that its texts are not all one token."""
    keras.utils.set_random_seed(seed)
    model = Gpt(GptConfig(tokenizer.vocab_size, CONTEXT, 12, 1, 2, dropout=0.0))
    model.build()
    for weight in model.trainable_weights:
        weight.assign(weight * 8)
    return TextGenerator(model, tokenizer)


@pytest.fixture(scope="module")
def characters():
    return build(CharacterTokenizer.learn(TEXTS))


@pytest.fixture(scope="module")
def byte_pairs():
    return build(BytePairTokenizer.learn(TEXTS, 260))


def test_the_stream_gives_the_continuation_that_generate_gives(characters):
    for rule in (GREEDY, DRAWN):
        (whole,) = characters.generate(["to be"], 7, rule, seed=3)

        pieces = list(characters.stream("to be", 7, rule, seed=3))

        assert "to be" + "".join(pieces) == whole
        assert len(pieces) == 7


def test_prompts_of_different_lengths_go_on_together_as_each_alone(characters):
    prompts = ["t", "语言", "not to"]

    together = characters.generate(prompts, 6, GREEDY)

    assert together == [
        prompt + "".join(characters.stream(prompt, 6, GREEDY)) for prompt in prompts
    ]


def test_beyond_the_context_it_goes_on_from_the_last_half(characters):
    tokenizer, model = characters.tokenizer, characters.model
    expected = characters.encode("to be")
    window = list(expected)
    for _ in range(40):
        if len(window) > CONTEXT:
            window = window[-(CONTEXT // 2) :]
        best = int(np.asarray(model(np.array([window], np.int32)))[0, -1].argmax())
        window.append(best)
        expected.append(best)

    pieces = characters.stream("to be", 40, GREEDY)

    assert "to be" + "".join(pieces) == tokenizer.decode(expected)


def test_a_prompt_longer_than_the_context_is_continued(characters):
    prompt = "to be, or not to be" * 2

    assert len("".join(characters.stream(prompt, 5, DRAWN))) == 5


def test_every_window_draws_anew(characters):
    text = "".join(characters.stream("t", 100, SamplingRule(temperature=50.0)))

    parts = {text[start : start + 6] for start in range(0, 96, 6)}
    assert len(parts) > 12  # nearly uniform draws: the same draws would repeat


def test_a_seed_gives_one_text_and_another_seed_another(characters):
    texts = ["".join(characters.stream("t", 30, DRAWN, seed)) for seed in (1, 1, 2)]

    assert texts[0] == texts[1] != texts[2]


def test_no_piece_ends_within_a_character_and_none_is_lost(byte_pairs):
    pieces = list(byte_pairs.stream("深", 11, DRAWN, seed=5))

    ids = byte_pairs.encode("深")
    ids += list(byte_pairs._tokens(ids, 11, DRAWN, seed=5))
    assert "深" + "".join(pieces) == byte_pairs.tokenizer.decode(ids)
    assert not any(piece.endswith("\ufffd") for piece in pieces[:-1])


def test_bytes_of_one_character_come_as_one_piece(byte_pairs, monkeypatch):
    ids = byte_pairs.encode("与")
    monkeypatch.setattr(byte_pairs, "_tokens", lambda *_: iter([*ids, *ids[:-1]]))

    pieces = list(byte_pairs.stream("学", 0, GREEDY))

    assert len(ids) == 3
    assert pieces == ["与", "\ufffd"]


def test_the_end_token_ends_the_text_and_is_not_shown(byte_pairs):
    end = byte_pairs.tokenizer.end_id
    model = Gpt(byte_pairs.model.config)
    model.build()
    table = np.zeros(model.token_embedding.embeddings.shape, np.float32)
    model.token_embedding.set_weights([table])
    model.final_norm.set_weights([np.zeros(12), np.ones(12)])  # all features 1
    table[end] = 1
    model.token_embedding.set_weights([table])
    generator = TextGenerator(model, byte_pairs.tokenizer)

    assert list(generator.stream("to", 5, GREEDY)) == []
    assert generator.generate(["to", "be,"], 5, GREEDY) == ["to", "be,"]


@pytest.mark.parametrize("name", ["characters", "byte_pairs"])
def test_a_saved_generator_writes_the_same_text(name, request, tmp_path):
    generator = request.getfixturevalue(name)
    generator.save(tmp_path / "model")

    loaded = TextGenerator.load(tmp_path / "model")

    texts = ["".join(one.stream("深度 t", 20, DRAWN)) for one in (generator, loaded)]
    assert texts[0] == texts[1]


def test_a_published_checkpoint_with_its_tokenizer_is_loaded(byte_pairs, tmp_path):
    pytest.importorskip("safetensors", reason="needs safetensors")
    from roots_tf.models.published_weights import save_published

    save_published(byte_pairs.model, tmp_path / "gpt2")
    byte_pairs.tokenizer.save(tmp_path / "gpt2")

    loaded = TextGenerator.load(tmp_path / "gpt2")

    texts = [one.generate(["to be"], 5, GREEDY) for one in (byte_pairs, loaded)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "prompt, length, message",
    [
        ("", 3, "a prompt of 1 token or more, got ''"),
        ("to be?", 3, r"a prompt of characters that the model has learned, got '\?'"),
        ("to be", -1, "a length of 0 or more, got -1"),
    ],
)
def test_what_cannot_be_continued_is_refused(characters, prompt, length, message):
    with pytest.raises(ValueError, match=f"expected {message}"):
        list(characters.stream(prompt, length, GREEDY))
    with pytest.raises(ValueError, match=f"expected {message}"):
        characters.generate([prompt], length, GREEDY)


def test_more_at_once_than_the_context_has_is_refused(characters):
    with pytest.raises(ValueError, match="at most 12 tokens .*, got 13"):
        characters.generate(["to be"], 8, GREEDY)


def test_a_tokenizer_of_another_vocabulary_is_refused(characters, byte_pairs):
    with pytest.raises(ValueError, match="expected a tokenizer of .* got"):
        TextGenerator(characters.model, byte_pairs.tokenizer)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("model.keras", None, "expected a file model.keras, got none"),
        ("model.keras", b"PK", "model.keras: cannot be read: "),
        ("characters.txt", None, "expected one of .*characters.txt, got none"),
        ("characters.txt", "\ufffdab".encode(), "expected a tokenizer of .* got 3"),
        ("configuration.json", b'{"task": "tagging"}', "for generation, got .*tagging"),
        ("configuration.json", None, "expected a model folder, got no configuration"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(
    characters, tmp_path, name, content, message
):
    folder = tmp_path / "model"
    characters.save(folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)

    with pytest.raises(ValueError, match=message) as error:
        TextGenerator.load(folder)

    assert str(folder) in str(error.value)
