"""Every kind of model that ``predict`` reads, given texts of every kind on stdin."""

import io
import json
import sys
from types import SimpleNamespace

import keras
import pytest

from roots_tf import predict
from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.applications.encoder_tagging import EncoderTagger
from roots_tf.applications.machine_translation import Translator
from roots_tf.applications.question_answering import QuestionAnswerer
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.applications.span_extraction import SpanExtractor
from roots_tf.applications.summarization import Summarizer
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import (
    SpanClassifier,
    TextClassifier,
    TokenClassifier,
)
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import T5Config
from roots_tf.recurrent.seq2seq import Seq2Seq, Seq2SeqConfig
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer
from roots_tf.train import standard_input
from tests.applications.dialogue_agents import generative_agent, retrieval_agent

LEARNED = ["a small text of letters", "今天天气很好"] * 5
ODD = {
    "empty": "",
    "blank": " \u3000 ",
    "emoji": "👩‍👩‍👧 😀😀",
    "right to left": "\u202eשלום مرحبا",
    "control characters": "a\x00\x07\x1b[31mb\u2028c",
    "markers": "[CLS] <pad></s> <extra_id_0> [SEP]",
    "combining": "e\u0301" * 40,
    "long": "好" * 100_000,
    "long word": "x" * 100_000,
}
# A tab stands before a pair's second text, and before the next turn.
PAIRED = ("pairs", "span")


def encoder():
    keras.utils.set_random_seed(0)
    tokenizer = WordPieceTokenizer(
        [*SPECIAL_TOKENS, *"abcletrsx", *(f"##{c}" for c in "abcletrsx"), *"今天气好"]
    )
    sizes = dict(hidden_size=16, max_positions=16, padding_id=0)
    return Bert(BertConfig.tiny(tokenizer.vocab_size, **sizes)), tokenizer


def with_head(head, *classes):
    bert, tokenizer = encoder()
    model = head(bert, *classes)
    model.build()
    return model, tokenizer


def pieces():
    keras.utils.set_random_seed(0)
    return SentencePieceTokenizer.learn(LEARNED, 60, num_sentinels=0)


def summarizer():
    tokenizer = pieces()
    sizes = dict(hidden_size=12, head_width=6, intermediate_size=16, num_layers=1)
    model = T5(T5Config.tiny(tokenizer.vocab_size, **sizes, num_heads=2))
    model.build()
    return Summarizer(model, tokenizer, "en", 12, 5)


def translator():
    tokenizer = pieces()
    model = Seq2Seq(Seq2SeqConfig(tokenizer.vocab_size, 16, 16, True, dropout=0.0))
    model.build()
    return Translator(model, tokenizer, "en", "zh", 150)


def answerer():
    embedder = SentenceEmbedder(*with_head(SentenceEncoder), 12)
    return QuestionAnswerer(embedder, [("a", "a letter"), ("b", "今天")], weight=0.3)


LABELS = ["no", "yes"]
TAGS = ["O", "B-X", "I-X"]
MODELS = {
    "classifier": lambda: EncoderTextClassifier(
        *with_head(TextClassifier, 2), LABELS, 12, pairs=False
    ),
    "pairs": lambda: EncoderTextClassifier(
        *with_head(TextClassifier, 2), LABELS, 12, pairs=True
    ),
    "tags": lambda: EncoderTagger(*with_head(TokenClassifier, 3), TAGS, "words", 12),
    "span": lambda: SpanExtractor(*with_head(SpanClassifier), 12, 5),
    "translator": translator,
    "answerer": answerer,
    "summarizer": summarizer,
    "retrieval agent": retrieval_agent,
    "generative agent": generative_agent,
}
NOTHING = {"empty", "blank"}
REFUSED = {
    "translator": {"long", "long word"},
    "retrieval agent": NOTHING,
    "generative agent": NOTHING,
}


@pytest.fixture(scope="module", params=MODELS)
def kind_and_folder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any") / "model"
    MODELS[request.param]().save(folder)
    return request.param, folder


def said(folder, monkeypatch, capsys, text):
    """Gives the status, the lines of standard output, and those of standard error."""
    stdin = SimpleNamespace(buffer=io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    status = 0
    try:
        predict.main([str(folder), "--json"])
    except SystemExit as ended:
        status = ended.code
    captured = capsys.readouterr()
    # Separators such as U+2028 stand in a JSON string as they are.
    return status, captured.out.split("\n")[:-1], captured.err.split("\n")[:-1]


def test_texts_of_every_kind_are_answered_or_refused_with_a_line(
    kind_and_folder, monkeypatch, capsys
):
    kind, folder = kind_and_folder
    refused = REFUSED.get(kind, set())
    texts = [
        f"{text}\t{text}" if kind in PAIRED else text
        for name, text in ODD.items()
        if name not in refused
    ]

    status, output, errors = said(folder, monkeypatch, capsys, "\n".join(texts))

    assert (status, errors) == (0, [])
    assert [json.loads(line)["text"] for line in output] == texts
    for name in refused:
        status, output, errors = said(folder, monkeypatch, capsys, ODD[name] + "\n")
        assert (status, output) == (2, [])
        assert len(errors) == 1 and errors[0].startswith("error: expected ")


def test_answers_do_not_depend_on_the_lines_around(tmp_path, monkeypatch, capsys):
    MODELS["pairs"]().save(tmp_path / "model")
    texts = ["a\tletter a", "今天\t今天天气", "e\tc e r t", "\t", "x\tx"]

    _, together, _ = said(tmp_path / "model", monkeypatch, capsys, "\n".join(texts))
    monkeypatch.setattr(standard_input, "BLOCK", 2)
    _, in_twos, _ = said(tmp_path / "model", monkeypatch, capsys, "\n".join(texts))

    for text, one, other in zip(texts, together, in_twos, strict=True):
        one, other = json.loads(one), json.loads(other)
        assert one["text"] == other["text"] == text
        # float32, and another width of padding.
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=2e-6)


def test_stdin_is_read_as_it_is_answered(monkeypatch):
    class Endless:
        read = 0

        def readline(self, size):
            self.read += 1
            return b"a\n"

    endless = Endless()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=endless))

    blocks = standard_input.in_blocks(standard_input.stdin_lines())

    assert next(blocks) == ["a"] * standard_input.BLOCK
    assert endless.read == standard_input.BLOCK


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(monkeypatch):
    class Zeros(io.RawIOBase):
        largest = 0

        def readline(self, size):
            self.largest = size
            return b"0" * size

    zeros = Zeros()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=zeros))

    with pytest.raises(ValueError, match="line 1: expected at most 1,000,000 bytes"):
        next(standard_input.stdin_lines())
    assert zeros.largest == standard_input.LONGEST + 1
