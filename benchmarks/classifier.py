"""The section-5 model's training step and epoch beside PyTorch's ``nn.LSTM``.

``python -m benchmarks.classifier [--rounds 3] [--quick]``

* Step: vocabulary 10,000, embedding 128, LSTM 2 x 128, batch 32, Adam, all texts of
  one length: ms a step, median of the timed steps.
* Epoch: 4,000 texts with the lengths of IMDB's training reviews (``--data imdb`` with
  ROOTS_TF_DATA) or else of the same shape, cut after 400 tokens; ours in batches by
  length, PyTorch's in batches as they come, padded to the longest of each: seconds.

The work is the same on both sides: word vectors, both directions, maximum over time,
cross-entropy of two classes, gradient, Adam.
"""

import argparse
import json
import statistics
import time

import numpy as np

VOCABULARY, WIDTH, BATCH, CUT = 10_000, 128, 32, 400
RIVALS = ["roots_tf", "pytorch"]


def texts(lengths, seed=0):
    """Gives random token ids of the lengths, and random labels."""
    generator = np.random.default_rng(seed)
    ids = [generator.integers(1, VOCABULARY, n).astype("int32") for n in lengths]
    return ids, generator.integers(0, 2, len(ids)).astype("int32")


def review_lengths(count):
    """Gives review lengths in tokens: IMDB's, or log-normal with its quartiles."""
    generator = np.random.default_rng(1)
    try:
        from roots_tf.datasets.classification import load_classification

        reviews = load_classification("imdb").train.texts
        # Words and punctuation marks, as the segmentation counts them, are 1.2 x
        # the words between spaces.
        lengths = np.array([int(1.2 * len(review.split())) for review in reviews])
        source = "IMDB"
    except (ValueError, OSError):
        lengths = np.exp(generator.normal(5.35, 0.65, 25_000)).astype(int)
        source = "log-normal"
    chosen = generator.choice(lengths, count, replace=False)
    return np.clip(chosen, 10, CUT), source


def roots_tf_trainer():
    """Gives ``train(batch)`` of the project's model and compiled step."""
    import keras
    import tensorflow as tf

    from roots_tf.optimization.losses import cross_entropy
    from roots_tf.optimization.training_step import TrainingStep
    from roots_tf.recurrent.bilstm_classifier import (
        BiLstmConfig,
        build_bilstm_classifier,
    )

    model = build_bilstm_classifier(BiLstmConfig(VOCABULARY, pooling="max", dropout=0))
    step = TrainingStep(
        model,
        keras.optimizers.Adam(),
        {"loss": cross_entropy},
        None,
        tf.distribute.get_strategy(),
    )
    return lambda ids, labels: step((ids, labels), False)


def pytorch_trainer():
    """Gives ``train(ids, labels)`` of the same model in PyTorch, eager."""
    import torch

    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(VOCABULARY, WIDTH)
            self.lstm = torch.nn.LSTM(
                WIDTH, WIDTH, batch_first=True, bidirectional=True
            )
            self.logits = torch.nn.Linear(2 * WIDTH, 2)

        def forward(self, ids):
            features, _ = self.lstm(self.embedding(ids))
            return self.logits(features.amax(dim=1))

    model = Classifier()
    optimizer = torch.optim.Adam(model.parameters())

    def train(ids, labels):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()

    return train


def time_step(rival, length, steps):
    """Gives the median ms of a step with texts of one length."""
    ids, labels = texts([length] * BATCH)
    ids = np.stack(ids)
    if rival == "roots_tf":
        import tensorflow as tf

        train, batch = roots_tf_trainer(), (tf.constant(ids), tf.constant(labels))
    else:
        import torch

        train = pytorch_trainer()
        batch = torch.tensor(ids).long(), torch.tensor(labels).long()
    for _ in range(3):
        train(*batch)
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        train(*batch)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def time_epoch(rival, count):
    """Gives the seconds of an epoch over texts of IMDB's lengths, warmed up."""
    lengths, _ = review_lengths(count)
    ids, labels = texts(lengths)
    if rival == "roots_tf":
        from roots_tf.text.batching import BucketedBatches

        train, batches = roots_tf_trainer(), BucketedBatches(ids, labels, BATCH)
        for batch in batches(1).take(3):
            train(*batch)
        start = time.perf_counter()
        for batch in batches(2):
            train(*batch)
        return time.perf_counter() - start
    import torch

    train = pytorch_trainer()
    order = np.random.default_rng(2).permutation(count)

    def padded(rows):
        width = max(len(ids[row]) for row in rows)
        block = np.zeros((len(rows), width), np.int64)
        for line, row in zip(block, rows, strict=True):
            line[: len(ids[row])] = ids[row]
        return torch.from_numpy(block), torch.from_numpy(labels[rows]).long()

    rows = [order[start : start + BATCH] for start in range(0, count, BATCH)]
    for batch in rows[:3]:
        train(*padded(batch))
    start = time.perf_counter()
    for batch in rows:
        train(*padded(batch))
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few steps: only a trial")
    parser.add_argument("--rival", choices=RIVALS, help=argparse.SUPPRESS)
    parser.add_argument("--length", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    steps, count = (3, 64) if options.quick else (20, 4_000)
    if options.rival:
        if options.length:
            print(json.dumps(time_step(options.rival, options.length, steps)))
        else:
            print(json.dumps(time_epoch(options.rival, count)))
        return

    from benchmarks.paired import ratios, turns, write

    rows = {}
    quick = ["--quick"] if options.quick else []
    for length in (50, 100, 200, 0):
        name = f"step, T = {length} (ms)" if length else f"epoch, {count:,} texts (s)"
        times = turns(
            "benchmarks.classifier",
            RIVALS,
            options.rounds,
            *("--length", length, *quick),
        )
        rows[name] = {**times, "ratio": ratios(*times.values())}
    print(f"{'':26}{'roots_tf':>10}{'PyTorch':>10}{'ratio':>8}   (from, to)")
    for name, row in rows.items():
        ours, peer = (statistics.median(row[rival]) for rival in RIVALS)
        ratio = row["ratio"]
        print(
            f"{name:26}{ours:10.1f}{peer:10.1f}{ratio['median']:8.2f}"
            f"   ({ratio['min']:.2f}, {ratio['max']:.2f})"
        )
    source = review_lengths(count)[1]
    write("classifier", {"rows": rows, "lengths": source, "rounds": options.rounds})


if __name__ == "__main__":
    main()
