"""What the GPT script says at its end: the table of rules, and the forms of poems."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from roots_tf.applications.sampling_comparison import OWN_TEXT, RULES
from roots_tf.applications.text_generation import TextGenerator
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.text.characters import CharacterTokenizer
from roots_tf.train import generation_report as module
from roots_tf.train.generation_report import generation_report, write_poems

POEM = "五言：床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。"  # Li Bai
OPTIONS = SimpleNamespace(context=8, seed=1)


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(0)
    tokenizer = CharacterTokenizer.learn([POEM + "七\n"])
    model = Gpt(GptConfig(tokenizer.vocab_size, 32, 12, 1, 2, dropout=0.0))
    model.build()
    return TextGenerator(model, tokenizer)


def data_of(generator, name, text):
    ids = generator.tokenizer.encode([text])[0].numpy()
    return SimpleNamespace(
        name=name, tokenizer=generator.tokenizer, train=ids, validation=ids
    )


def test_the_report_has_a_row_for_each_rule_and_one_for_the_text(generator):
    report, metrics = generation_report(
        generator, data_of(generator, "any", POEM * 3), OPTIONS
    )

    assert metrics == {}
    assert all(f"| {name} |" in report for name in (*RULES, OWN_TEXT))


def test_of_a_model_of_poems_forms_are_counted_beside_the_training_poems(
    generator, monkeypatch
):
    written = {5: [POEM, POEM[:-1]], 7: ["七言：。"]}
    monkeypatch.setattr(module, "write_poems", lambda _, form, *more: written[form])
    data = data_of(generator, "tang_poems", f"{POEM}\n五言：床\n{POEM}\n")

    report, metrics = generation_report(generator, data, OPTIONS)

    assert metrics == {"form_5": 0.5, "form_7": 0.0}
    assert "| 五言： | 50.0% | 66.7% |" in report


def test_a_poem_begins_with_its_mark_and_ends_at_the_line(generator, monkeypatch):
    monkeypatch.setattr(
        generator, "generate", lambda prompts, *_: [f"{p}床\n前" for p in prompts]
    )

    assert write_poems(generator, 5, 2, seed=0) == ["五言：床"] * 2


def test_a_text_shorter_than_the_context_is_gone_on_with_too(generator):
    report, _ = generation_report(
        generator, data_of(generator, "any", POEM[:5]), OPTIONS
    )

    assert report.startswith("1 beginnings of 1 tokens")
    assert module._windows(np.arange(1), 8).shape == (1, 1)
