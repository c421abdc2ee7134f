"""The exported generator: the texts of ``generate``, in a fresh process; refusals."""

import subprocess
import sys

import keras
import pytest
import tensorflow as tf

from roots_tf.applications.generation_export import export_generator
from roots_tf.applications.text_generation import TextGenerator
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.text.characters import CharacterTokenizer

TEXTS = ["to be, or not to be\n", "深度学习与语言模型"]
PROMPTS = ["t", "not to", "语言"]
CONTEXT, LENGTH = 16, 7
GREEDY = SamplingRule(temperature=0)
DRAWN = SamplingRule(temperature=1.3, top_k=9, top_p=0.9, repetition_penalty=1.2)

# What somebody without this project runs: TensorFlow and its text operations alone.
FRESH = """
import sys
import tensorflow as tf, tensorflow_text
answer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
for text in answer(texts=tf.constant(sys.argv[2:]))["texts"].numpy():
    print(ascii(text.decode()))
print(any(name.startswith("roots_tf") for name in sys.modules))
"""


def build(tokenizer):
    keras.utils.set_random_seed(0)
    model = Gpt(GptConfig(tokenizer.vocab_size, CONTEXT, 12, 1, 2, dropout=0.0))
    model.build()
    for weight in model.trainable_weights:
        weight.assign(weight * 8)
    return TextGenerator(model, tokenizer)


@pytest.fixture(scope="module")
def characters():
    return build(CharacterTokenizer.learn(TEXTS))


@pytest.fixture(scope="module")
def exported(characters, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "saved_model"
    export_generator(characters, folder, LENGTH, GREEDY)
    return tf.saved_model.load(str(folder)).signatures["serving_default"]


@pytest.mark.slow
def test_a_fresh_process_writes_the_texts_that_generate_writes(tmp_path):
    generator = build(BytePairTokenizer.learn(TEXTS * 4, 270))
    export_generator(generator, tmp_path / "saved_model", LENGTH, DRAWN, seed=3)

    run = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path / "saved_model"), *PROMPTS],
        capture_output=True,
        text=True,
        check=True,
    )

    *texts, foreign = run.stdout.splitlines()
    expected = generator.generate(PROMPTS, LENGTH, DRAWN, seed=3)
    assert texts == list(map(ascii, expected))
    assert foreign == "False"


def test_characters_are_gone_on_with_in_a_batch_and_alone(characters, exported):
    for prompts in (PROMPTS, PROMPTS[1:2]):
        found = exported(texts=tf.constant(prompts))["texts"].numpy()

        expected = characters.generate(prompts, LENGTH, GREEDY)
        assert [text.decode() for text in found] == expected


@pytest.mark.parametrize(
    "prompt", ["", "to be?", "to be, or not to", "t" * 100_000, "t\x00"]
)
def test_what_generate_refuses_is_refused(exported, prompt):
    with pytest.raises(tf.errors.InvalidArgumentError, match="prompts of 1 to 9 token"):
        exported(texts=tf.constant(["to be", prompt]))


@pytest.mark.parametrize("length", [-1, CONTEXT])
def test_a_length_without_room_for_a_prompt_is_refused(characters, tmp_path, length):
    with pytest.raises(ValueError, match=f"a length of 0 to 15 tokens, got {length}"):
        export_generator(characters, tmp_path / "saved_model", length, GREEDY)

    assert not list(tmp_path.iterdir())
