"""Small agents with weights that say something, for the tests of dialogue."""

import keras
import numpy as np

from roots_tf.applications.dialogue_generation import GenerativeAgent
from roots_tf.applications.dialogue_retrieval import RetrievalAgent
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.text.wordpiece import WordPieceTokenizer

DIALOGUES = (
    ("How are you?", "Fine, thanks. And you?", "I am tired.", "Go to bed then."),
    ("Is it raining?", "Yes, take an umbrella.", "I have lost it."),
    ("你好，今天忙吗？", "不忙，你呢？", "我在学习。", "加油！"),
    ("A ticket to Rome, please.", "Single or return?", "Return.", "Forty euros."),
)
EXAMPLES = [(turns[:n], turns[n]) for turns in DIALOGUES for n in range(1, len(turns))]
TURNS = [turn for turns in DIALOGUES for turn in turns]


def retrieval_agent(max_length: int = 32, weight: float = 0.5) -> RetrievalAgent:
    keras.utils.set_random_seed(0)
    tokenizer = WordPieceTokenizer.learn(TURNS, 200)
    config = BertConfig(tokenizer.vocab_size, 16, 1, 2, 16, max_length, padding_id=0)
    encoder = Bert(config)
    encoder.build()
    model = SentenceEncoder(encoder)
    model.build()
    spread(model)
    embedder = SentenceEmbedder(model, tokenizer, max_length)
    return RetrievalAgent(embedder, EXAMPLES, weight)


def generative_agent(context: int = 32, reply_length: int = 8) -> GenerativeAgent:
    keras.utils.set_random_seed(0)
    tokenizer = SentencePieceTokenizer.learn(TURNS, 120, num_sentinels=0)
    config = GptConfig(tokenizer.vocab_size + 2, context, 16, 1, 2, dropout=0.0)
    model = Gpt(config)
    model.build()
    spread(model)
    return GenerativeAgent(model, tokenizer, reply_length)


def spread(model) -> None:
    """Makes weights large: a new model's outputs hardly depend on its input."""
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        noise = rng.normal(0, 0.3, weight.shape)
        weight.assign(weight.numpy() + noise)
