"""Gaps of Chinese and English texts: read, filled, saved; bad ones are refused."""

import keras
import numpy as np
import pytest

from roots_tf.applications.gap_filling import GapFiller, is_gap_filler
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.generate import main as generate
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import END_ID, START_ID, T5Config
from roots_tf.text.sentencepiece import SentencePieceTokenizer

GREEDY = SamplingRule(temperature=0)
SIZES = dict(hidden_size=12, head_width=6, intermediate_size=16)
SIZES |= dict(num_layers=1, num_heads=2, dropout=0.0)


@pytest.fixture(scope="module")
def filler():
    """An untrained T5, which writes something."""
    keras.utils.set_random_seed(3)
    texts = ["thank you for inviting me to your party last week", "今天天气很好"] * 5
    tokenizer = SentencePieceTokenizer.learn(texts, 140)
    model = T5(T5Config.tiny(tokenizer.vocab_size, **SIZES))
    model.build()
    return GapFiller(model, tokenizer)


def test_each_gap_is_a_sentinel_and_the_text_ends(filler):
    ids = filler.encode("thank you <extra_id_0> me <extra_id_1> week")

    assert filler.tokenizer.decode(ids) == "thank you <extra_id_0> me <extra_id_1> week"
    assert ids[-1] == END_ID


def test_behind_a_gap_stands_a_space_only_where_the_prompt_has_one(filler):
    space = filler.tokenizer.encode(["a"])[0].numpy()[0]

    without, with_space = (
        filler.encode(f"今天<extra_id_0>{space}天气")[3:] for space in ("", " ")
    )

    assert len(with_space) >= len(without)
    assert without != with_space
    assert space not in without


def test_what_was_written_stands_in_the_gaps_and_others_stay(filler, monkeypatch):
    first, second, third = filler.tokenizer.sentinel_ids[:3]
    spans = [filler.tokenizer.encode([t])[0].numpy() for t in ("for inviting", "last")]
    written = [first, *spans[0], second, *spans[1], third]
    monkeypatch.setattr(filler, "write", lambda *_: [written])
    prompt = "Thank you <extra_id_0> me to your party <extra_id_1> week"

    filled = filler.fill(prompt, 9, GREEDY)

    # Raffel et al. 2020, figure 2.
    assert filled == "Thank you for inviting me to your party last week"
    written[:] = written[: 1 + len(spans[0])]
    assert "party <extra_id_1> week" in filler.fill(prompt, 9, GREEDY)


def test_it_writes_what_reading_all_again_would(filler):
    sources = np.array([filler.encode("me <extra_id_0> week")], np.int32)
    ids = np.full((1, 1), START_ID, np.int32)
    for _ in range(6):
        inputs = {"source_ids": sources, "target_ids": ids}
        best = np.asarray(filler.model(inputs))[:, -1].argmax(-1)
        ids = np.append(ids, best[:, None].astype(np.int32), axis=1)
    expected = ids[0, 1:].tolist()
    if END_ID in expected:
        expected = expected[: expected.index(END_ID)]

    assert filler.write(sources, 6, GREEDY) == [expected]


def test_a_saved_folder_fills_as_before_and_generate_prints_it(
    filler, tmp_path, capsys
):
    filler.save(tmp_path / "model")
    prompt = "今天<extra_id_0>很好"

    generate([str(tmp_path / "model"), "--prompt", prompt, "--length", "5", "--greedy"])

    assert is_gap_filler(tmp_path / "model") and not is_gap_filler(tmp_path)
    assert capsys.readouterr().out == filler.fill(prompt, 5, GREEDY) + "\n"


@pytest.mark.parametrize(
    "prompt, found",
    [
        ("thank you", "got none"),
        ("me <extra_id_1> you", "got <extra_id_1>"),
        ("<extra_id_0> me <extra_id_0>", "got <extra_id_0><extra_id_0>"),
    ],
)
def test_a_prompt_without_gaps_in_order_is_refused(filler, prompt, found):
    with pytest.raises(ValueError, match="expected a prompt with gaps") as error:
        filler.encode(prompt)

    assert str(error.value).endswith(found)


def test_more_gaps_than_sentinels_and_a_negative_length_are_refused(filler):
    many = " ".join(f"<extra_id_{number}>" for number in range(101))

    with pytest.raises(ValueError, match="100 gaps or fewer, got 101"):
        filler.encode(many)
    with pytest.raises(ValueError, match="length of 0 or more, got -1"):
        filler.fill("<extra_id_0>", -1, GREEDY)


def test_prompts_of_any_length_are_filled_one_after_another(filler):
    prompts = ["today <extra_id_0>", "thank you <extra_id_0> week", "<extra_id_0>"]

    together = [filler.fill(prompt, 4, GREEDY) for prompt in prompts]

    alone = [
        GapFiller(filler.model, filler.tokenizer).fill(prompt, 4, GREEDY)
        for prompt in prompts
    ]
    assert together == alone
