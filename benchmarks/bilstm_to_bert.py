"""From the article's BiLSTM to BERT, one change a step, with 1,000 labelled texts.

``python -m benchmarks.bilstm_to_bert [--pretraining 4000]``

The task: from which of nine libraries is a docstring? Every step trains on the same
1,000 labelled docstrings for 20 epochs, with one recipe (AdamW, 0.001, warm-up and
linear decay, no dropout, batches of 32 by length, texts cut after 64 tokens); a seed
draws the 1,000 and the first weights: three seeds for each step, five for the two that
tell what pretraining is worth. The epoch that validates best is scored once on the test
docstrings. BERT is pretrained on the other docstrings, masked as those of the
task are, without those of its validation and test part; once for gaps alone, once for
gaps and next sentences. What an earlier call has finished in the same ``--logs`` is not
run again.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.paired import write
from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.docstrings import docstring_corpus, mask_identifiers
from roots_tf.models.bert_pretraining import (
    EncoderPretraining,
    masked_token_loss,
    pretraining_loss,
)
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.optimization import losses
from roots_tf.optimization.best_weights import BestWeights
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.recurrent.bidirectional_lstm import BidirectionalLstm
from roots_tf.recurrent.bilstm_classifier import build_bert_model
from roots_tf.recurrent.sequence_pooling import SequencePooling
from roots_tf.text.batching import BucketedBatches, in_order
from roots_tf.text.packing import pack
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.train.bert_pretrain import BertPretrainOptions, make_bert
from roots_tf.train.encoder_pretraining_parts import (
    PairBatches,
    measure,
    read_documents,
)
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.transformer.attention_masks import padding_attention_mask
from roots_tf.transformer.encoder_block import EncoderBlock
from roots_tf.transformer.position_embedding import LearnedPositionEmbedding

LABELLED, LENGTH, WIDTH, EPOCHS, CLASSES = 1_000, 64, 128, 20, 9
PRETRAINING = {"gaps": masked_token_loss, "gaps and pairs": pretraining_loss}
SEEDS = 3
MORE_SEEDS = {"[CLS] and pooler": 5, "fine-tuning": 5}  # one model, two beginnings
MASKED = {"mask": True}
POOLED = MASKED | {"pooling": "mean+max"}
PLACED = POOLED | {"positions": True}
# Of each step: how texts are cut, and what the model is.
STEPS = {
    "as printed": ("words", "printed"),
    "a label for a text": ("words", {}),
    "mask": ("words", MASKED),
    "pooling": ("words", POOLED),
    "positions": ("words", PLACED),
    "attention": ("words", PLACED | {"blocks": 1}),
    "depth": ("words", PLACED | {"blocks": 2}),
    "WordPiece": ("pieces", PLACED | {"blocks": 2}),
    "[CLS] and pooler": ("pieces", "bert"),
    "MLM, head alone": ("pieces", "gaps"),
    "MLM + NSP, head alone": ("pieces", "gaps and pairs"),
    "fine-tuning": ("pieces", "fine-tuning"),
}


def build(
    vocab_size: int, mask=False, pooling="last", positions=False, blocks=0
) -> keras.Model:
    """Builds a step between the printed model and BERT: ids (B, T) -> logits (B, C)."""
    token_ids = keras.Input((None,), dtype="int32")
    real = ops.not_equal(token_ids, 0) if mask else None  # (B, T)
    x = keras.layers.Embedding(vocab_size, WIDTH)(token_ids)  # (B, T, D)
    if positions:
        x = x + LearnedPositionEmbedding(LENGTH, WIDTH)(token_ids)
    for number in range(blocks):
        block = EncoderBlock(WIDTH, 2, 4 * WIDTH, norm_first=False, seed=number)
        x = block(x, attention_mask=padding_attention_mask(real))
    if not blocks:
        x = BidirectionalLstm(WIDTH)(x, mask=real)  # (B, T, 2 D)
    pooled = SequencePooling(pooling)(x, mask=real)
    return keras.Model(token_ids, keras.layers.Dense(CLASSES)(pooled))


def make_model(kind, vocab_size: int, pretrained: dict, seed: int) -> keras.Model:
    """Builds the model of a step with the first weights of a seed."""
    keras.utils.set_random_seed(seed)
    if kind == "printed":
        return build_bert_model(vocab_size, WIDTH, WIDTH, CLASSES)
    if isinstance(kind, dict):
        return build(vocab_size, **kind)
    encoder = make_bert(vocab_size, pretrained["options"])
    classifier = TextClassifier(encoder, CLASSES, dropout=0.0)
    classifier.build()
    if kind != "bert":
        source = "gaps and pairs" if kind == "fine-tuning" else kind
        encoder.set_weights(pretrained[source].get_weights())
    encoder.trainable = kind in ("bert", "fine-tuning")
    token_ids = keras.Input((None,), dtype="int32")
    return keras.Model(token_ids, classifier({"token_ids": token_ids}))


def run_step(step: str, data, pretrained: dict, seed: int, folder: Path) -> dict:
    """Trains one step with one seed, and scores its best epoch."""
    cut, kind = STEPS[step]
    rows = np.random.default_rng(seed).choice(len(data.train), LABELLED, replace=False)
    texts = {
        "train": [data.train.texts[row] for row in rows],
        "validation": data.validation.texts,
        "test": data.test.texts,
    }
    ids, vocab_size = (in_words if cut == "words" else in_pieces)(texts, pretrained)
    batches = BucketedBatches(ids["train"], data.train.labels[rows], 32, seed)
    model = make_model(kind, vocab_size, pretrained, seed)
    loss, accuracy = losses.cross_entropy, losses.accuracy
    if kind == "printed":  # a text's label for each of its tokens, see E12
        loss, accuracy = losses.repeated_cross_entropy, losses.repeated_accuracy
    predict = tf.function(
        lambda ids: model(ids, training=False), reduce_retracing=True, autograph=False
    )

    def right(part):
        right = 0
        for places, token_ids in in_order(ids[part], 128):
            outputs = predict(tf.constant(token_ids)).numpy()
            if kind == "printed":
                outputs = outputs.mean(axis=1)  # (B, T, C) -> (B, C)
            labels = getattr(data, part).labels[places]
            right += int((outputs.argmax(axis=-1) == labels).sum())
        return right / len(ids[part])

    options = BertPretrainOptions(epochs=EPOCHS, learning_rate=1e-3)
    rate = learning_rate_of(options, len(batches))
    best = BestWeights(model, folder / "best.weights.h5", "accuracy")
    start = time.perf_counter()
    TrainingLoop(
        model,
        make_optimizer("adamw", rate),
        loss,
        batches,
        measures={"accuracy": accuracy},
        validate=lambda epoch, step: {"accuracy": right("validation")},
        hooks=[best],
        log_every=10**9,
        clip_norm=1.0,
    ).run(EPOCHS)
    seconds = time.perf_counter() - start
    best.load()
    return {
        "validation": best.best,
        "test": right("test"),
        "parameters": model.count_params(),
        "trained": sum(int(np.prod(w.shape)) for w in model.trainable_weights),
        "seconds": seconds,
    }


def in_words(texts, pretrained):
    """Cuts texts into words, and knows those of the training texts."""
    settings = TextSettings(max_length=LENGTH)
    tokens = {part: tokenize(some, settings) for part, some in texts.items()}
    vocabulary = Vocabulary.build(tokens["train"], max_size=8_000)
    ids = {part: encode(some, vocabulary, settings) for part, some in tokens.items()}
    return ids, len(vocabulary)


def in_pieces(texts, pretrained):
    """Cuts texts into word pieces, with [CLS] before and [SEP] after them."""
    tokenizer, ids = pretrained["tokenizer"], {}
    for part, some in texts.items():
        packed = pack(tokenizer.encode(some), None, tokenizer.special_ids, 0, LENGTH)
        lengths = packed.padding_mask.numpy().sum(axis=1)
        rows = zip(packed.token_ids.numpy(), lengths, strict=True)
        ids[part] = [row[:length] for row, length in rows]
    return ids, tokenizer.vocab_size


def pretrain(data, steps: int, folder: Path) -> dict:
    """Trains BERT on unlabelled docstrings, once for each loss; says how well."""
    kept = {*data.validation.texts, *data.test.texts}
    path = folder / "docstrings.txt"
    if not path.exists():
        texts = (mask_identifiers(document.text) for document in docstring_corpus())
        lines = ("\n".join(text.split("\n\n")) for text in texts if text not in kept)
        temporary = path.with_suffix(".tmp")
        temporary.write_text("\n\n".join(lines), encoding="utf-8")
        os.replace(temporary, path)
    options = BertPretrainOptions(
        data=str(path), max_length=LENGTH, epochs=steps // 500, learning_rate=1e-3
    )
    documents = read_documents(options)
    batches = PairBatches(documents.train, documents.tokenizer, "next", options)
    held_out = PairBatches(
        documents.validation, documents.tokenizer, "next", options
    ).fixed()
    found = {"tokenizer": documents.tokenizer, "options": options, "measures": {}}
    for name, loss in PRETRAINING.items():
        keras.utils.set_random_seed(options.seed)
        encoder = make_bert(documents.tokenizer.vocab_size, options)
        model = EncoderPretraining(encoder)
        model.build()
        asks_pairs = loss is pretraining_loss
        model.pair_head.trainable = encoder.pooler.trainable = asks_pairs
        TrainingLoop(
            model,
            make_optimizer("adamw", learning_rate_of(options, len(batches))),
            loss,
            batches,
            hooks=[SimpleNamespace(on_epoch_end=say(name))],
            checkpoint_dir=folder / name.replace(" ", "_"),
            checkpoint_every=500,
            log_every=10**9,
            clip_norm=1.0,
        ).run(options.epochs)
        path = folder / f"{name}.json"
        if not path.exists():
            write_whole(path, measure(model, held_out))
        found[name], found["measures"][name] = encoder, json.loads(path.read_text())
    return found


def write_whole(path: Path, content: dict) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
    os.replace(temporary, path)


def say(name):
    return lambda record: print(f"  {name}: {record.epoch}, {record.train}", flush=True)


def runs():
    """Gives each run's step and seed, one seed of all steps after the other."""
    for seed in range(1, max(SEEDS, *MORE_SEEDS.values()) + 1):
        yield from ((s, seed) for s in STEPS if seed <= MORE_SEEDS.get(s, SEEDS))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pretraining", type=int, default=4_000, help="steps")
    logs = Path("tensorboard_logs/bilstm_to_bert")
    parser.add_argument("--logs", type=Path, default=logs)
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    data = load_classification("docstrings")
    pretrained = pretrain(data, options.pretraining, options.logs)
    path = options.logs / "results.json"
    done = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for step, seed in runs():
        if (key := f"{step}, seed {seed}") not in done:
            keras.utils.clear_session()
            done[key] = run_step(step, data, pretrained, seed, options.logs)
            write_whole(path, done)
        print(f"{key}: {done[key]}", flush=True)
    rows = {step: {} for step in STEPS}
    for step, seed in runs():
        for figure, value in done[f"{step}, seed {seed}"].items():
            rows[step].setdefault(figure, []).append(value)
    print(f"\n{'':24}    test   parameters  seconds")
    for step, row in rows.items():
        means = (statistics.mean(row[figure]) for figure in ("test", "parameters"))
        print(f"{step:24}{next(means):8.4f}{next(means):13,.0f}", end="")
        print(f"{statistics.median(row['seconds']):9.1f}")
    write("bilstm_to_bert", {"rows": rows, "pretraining": pretrained["measures"]})


if __name__ == "__main__":
    main()
