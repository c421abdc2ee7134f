"""Models written in the published layout and read again; downloads with no network."""

import json
import sys
import types

import numpy as np
import pytest
import safetensors.numpy

from roots_tf.models.albert import Albert
from roots_tf.models.bert import Bert
from roots_tf.models.bert_pretraining import EncoderPretraining
from roots_tf.models.encoder_decoder import EncoderDecoder
from roots_tf.models.encoder_heads import (
    SpanClassifier,
    TextClassifier,
    TokenClassifier,
)
from roots_tf.models.published_weights import (
    download,
    load_published,
    save_published,
)
from tests.models import test_albert, test_bert, test_encoder_decoder
from tests.models.test_bert import INPUTS, with_random_weights

ENCODERS = {
    "bert": lambda: Bert(test_bert.CONFIG),
    "albert": lambda: Albert(test_albert.CONFIG),
}
HEADS = {
    EncoderPretraining: lambda encoder: EncoderPretraining(encoder),
    TextClassifier: lambda encoder: TextClassifier(encoder, 4),
    TokenClassifier: lambda encoder: TokenClassifier(encoder, 4),
    SpanClassifier: lambda encoder: SpanClassifier(encoder),
}
GAPS = {**INPUTS, "masked_positions": np.array([[1, 4]] * 3, np.int32)}


def assert_same(outputs, expected):
    if isinstance(expected, dict):
        outputs, expected = outputs.values(), expected.values()
    for one, other in zip(outputs, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(params=ENCODERS)
def encoder(request):
    return with_random_weights(ENCODERS[request.param]())


def test_a_model_that_is_written_is_read_again(encoder, tmp_path):
    save_published(encoder, tmp_path / "model")

    loaded = load_published(tmp_path / "model")

    assert loaded.config == encoder.config
    assert_same(loaded(INPUTS), encoder(INPUTS))


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_a_model_with_a_head_is_read_with_it_or_without(encoder, head, tmp_path):
    model = with_random_weights(HEADS[head](encoder))
    save_published(model, tmp_path / "model")

    loaded = load_published(tmp_path / "model", head)

    assert type(loaded) is head
    assert_same(loaded(GAPS), model(GAPS))
    if getattr(head, "reads_pooled", True):
        assert_same(load_published(tmp_path / "model")(INPUTS), encoder(INPUTS))


def test_the_configuration_says_what_transformers_needs(encoder, tmp_path):
    save_published(a_text_classifier(encoder), tmp_path / "model")

    text = (tmp_path / "model" / "config.json").read_text(encoding="utf-8")
    configuration = json.loads(text)

    kind = type(encoder).__name__
    assert configuration["model_type"] == kind.lower()
    assert configuration["architectures"] == [f"{kind}ForSequenceClassification"]
    assert configuration["num_hidden_layers"] == encoder.config.num_layers
    assert configuration["id2label"]["3"] == "LABEL_3"


def a_text_classifier(encoder):
    return with_random_weights(TextClassifier(encoder, 4))


def change_tensors(folder, change: dict):
    path = folder / "model.safetensors"
    tensors = {**safetensors.numpy.load_file(path), **change}
    tensors = {name: t for name, t in tensors.items() if t is not None}
    safetensors.numpy.save_file(tensors, path)


def change_configuration(folder, change: dict):
    path = folder / "config.json"
    configuration = {**json.loads(path.read_text(encoding="utf-8")), **change}
    configuration = {k: v for k, v in configuration.items() if v is not None}
    path.write_text(json.dumps(configuration), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embeddings.LayerNorm.bias": None}, r"1 \(embeddings.LayerNorm.bias\) mis"),
        ({"encoder.extra.weight": np.ones(2)}, r"1 \(encoder.extra.weight\) left over"),
    ],
)
def test_a_tensor_missing_or_left_over_is_named(encoder, tmp_path, change, message):
    folder = tmp_path / "model"
    save_published(encoder, folder)
    change_tensors(folder, change)

    with pytest.raises(ValueError, match=message):
        load_published(folder)


def test_tensors_that_older_files_carry_besides_are_known(tmp_path):
    model = with_random_weights(EncoderPretraining(Bert(test_bert.CONFIG)))
    folder = tmp_path / "model"
    save_published(model, folder)
    table = np.asarray(model.encoder.token_table)
    copies = {
        "bert.embeddings.position_ids": np.arange(9)[None],
        "cls.predictions.decoder.weight": table.copy(),
    }

    change_tensors(folder, copies)
    loaded = load_published(folder, EncoderPretraining)

    assert_same(loaded(GAPS), model(GAPS))
    change_tensors(folder, {"cls.predictions.decoder.weight": table + 1})
    with pytest.raises(ValueError, match="decoder.weight to be a copy of embeddings"):
        load_published(folder, EncoderPretraining)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "xlnet"}, "a model_type of bert, .* got 'xlnet'"),
        ({"hidden_size": None}, "config.json: expected hidden_size, got none"),
        ({"hidden_act": "silu"}, "an activation of .* got 'silu'"),
        ({"position_embedding_type": "relative_key"}, "of 'absolute', got 'relative"),
        ({"num_attention_heads": "many"}, "config.json: "),
    ],
)
def test_a_model_that_is_not_ours_is_refused_in_one_line(tmp_path, change, message):
    folder = tmp_path / "model"
    save_published(with_random_weights(Bert(test_bert.CONFIG)), folder)
    change_configuration(folder, change)

    with pytest.raises(ValueError, match=message):
        load_published(folder)


def test_a_head_that_the_file_has_not_is_refused(tmp_path):
    save_published(with_random_weights(Bert(test_bert.CONFIG)), tmp_path / "model")

    with pytest.raises(ValueError, match="expected a tensor classifier.weight"):
        load_published(tmp_path / "model", TextClassifier)
    with pytest.raises(ValueError, match="cls.predictions.bias, .* missing"):
        load_published(tmp_path / "model", EncoderPretraining)
    with pytest.raises(ValueError, match="expected a head for bert"):
        load_published(tmp_path / "model", EncoderDecoder)


def test_a_model_without_a_published_layout_is_refused(tmp_path):
    model = with_random_weights(EncoderDecoder(test_encoder_decoder.CONFIG))

    with pytest.raises(ValueError, match="expected a model of bert.* EncoderDecoder"):
        save_published(model, tmp_path / "model")

    assert list(tmp_path.iterdir()) == []


def fake_hub(monkeypatch, snapshot_download):
    hub = types.ModuleType("huggingface_hub")
    hub.snapshot_download = snapshot_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)


def test_a_download_asks_for_the_files_that_are_read_and_no_others(monkeypatch):
    asked = {}

    def snapshot_download(name, revision, allow_patterns):
        asked.update(name=name, revision=revision, patterns=allow_patterns)
        return "/somewhere/snapshot"

    fake_hub(monkeypatch, snapshot_download)

    folder = download("google-bert/bert-base-chinese", revision="main")

    assert str(folder) == "/somewhere/snapshot"
    assert asked["name"] == "google-bert/bert-base-chinese"
    assert {"config.json", "model.safetensors", "vocab.txt"} <= set(asked["patterns"])
    assert not any("bin" in pattern or "*" in pattern for pattern in asked["patterns"])


def test_a_download_that_fails_says_why_in_one_line(monkeypatch):
    def snapshot_download(*_, **__):
        raise OSError("no such\nhost")

    fake_hub(monkeypatch, snapshot_download)

    with pytest.raises(ValueError, match="^a/b: cannot be downloaded: no such host$"):
        download("a/b")


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(ValueError, match="pip install huggingface_hub"):
        download("a/b")
