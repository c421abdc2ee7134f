"""The parts of the image-text script: pairs, model, batches, the search both ways.

Article: §8.2 (多模态融合).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.applications.model_folder import (
    load_with_tokenizer,
    write_model_folder,
)
from roots_tf.datasets.captioned_pictures import CaptionedPictures, read_folder
from roots_tf.datasets.splits import content_hash
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.monitoring.retrieval_figures import found_image, similarity_image
from roots_tf.text.tokenizer import Tokenizer, learn_tokenizer
from roots_tf.trends.coloured_shapes import Scene, draw_pictures, scenes
from roots_tf.trends.image_text_contrastive import (
    ImageTextModel,
    PictureEncoder,
    recall_at_1,
)

_TEST_PICTURES = 2  # of each scene
_AT_ONCE = 200  # pictures or captions
_SHOWN, _FOUND = 16, 6  # captions in a picture for TensorBoard; pictures found for each


@dataclass(frozen=True)
class PictureData:
    """Pictures with captions, divided.

    Attributes:
        name: "shapes-en", or the path of a folder.
        content_hash: SHA-256 of all.
        train, validation, test: the pairs.
        shown: of each test pair what it shows; pairs of the same never compete.
        groups: names of the kinds of test pairs, and which pairs are of it, (N,)
            boolean.
    """

    name: str
    content_hash: str
    train: CaptionedPictures
    validation: CaptionedPictures
    test: CaptionedPictures
    shown: Sequence[Hashable]
    groups: dict[str, np.ndarray]

    @property
    def run_name(self) -> str:
        return Path(self.name).resolve().name


def read_pictures(options) -> PictureData:
    """Draws the shapes, or reads a folder.

    Raises:
        ValueError, OSError: the folder is not what was expected.
    """
    if options.data == "shapes":
        data = _shapes(options)
    else:
        parts, digest = read_folder(options.data, options.side)
        test = parts["test"]
        groups = {"held_out": np.ones(len(test), bool)}
        data = PictureData(
            options.data, digest, **parts, shown=test.captions, groups=groups
        )
    print(
        f"{data.name}: {len(data.train):,} pictures with captions for training, "
        f"{len(data.validation):,} for validation, {len(data.test):,} for the test."
    )
    if len(data.train) < options.batch_size:
        raise ValueError(
            f"--batch-size: expected at most the {len(data.train)} training pairs, "
            f"got {options.batch_size}"
        )
    return data


def make_model(options, data: PictureData) -> tuple[ImageTextModel, Tokenizer]:
    """Learns the pieces of the captions and makes a new model.

    Raises:
        ValueError: the sizes do not fit together.
    """
    tokenizer = learn_tokenizer("wordpiece", data.train.captions, options.vocab_size)
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=options.hidden_size,
        num_layers=options.num_layers,
        num_heads=options.num_heads,
        intermediate_size=2 * options.hidden_size,
        max_positions=options.caption_length,
        dropout=options.dropout,
        attention_dropout=options.dropout,
        padding_id=tokenizer.pad_id,
    )
    model = ImageTextModel(
        PictureEncoder(options.side, options.hidden_size),
        SentenceEncoder(Bert(config, options.seed)),
        name="image_text",
    )
    model.build()
    lengths = tokenizer.encode(data.train.captions).row_lengths()
    cut = float(np.mean(lengths > options.caption_length))
    print(
        f"{tokenizer.vocab_size:,} pieces, {model.count_params():,} parameters; "
        f"{cut:.1%} of the training captions are cut to {options.caption_length}."
    )
    return model, tokenizer


def caption_ids(tokenizer: Tokenizer, captions: Sequence[str], length: int):
    """Gives token ids (N, length) int32, padded on the right or cut."""
    ids = tokenizer.encode(list(captions))
    return ids.to_tensor(tokenizer.pad_id, shape=(None, length)).numpy()


class PairedBatches:
    """The batches of each epoch: pictures, captions, and as labels their numbers.

    Calling it with an epoch's number gives a ``tf.data.Dataset`` of ``(inputs,
    labels)``; the order follows from seed and number alone. Pairs that do not fill a
    batch are left out, other ones in each epoch.

    Args:
        pairs: of training, as many as a batch has or more.
        tokenizer, options: of the script.
    """

    def __init__(self, pairs: CaptionedPictures, tokenizer: Tokenizer, options):
        self.batch_size, self.seed = options.batch_size, options.seed
        self._pictures = tf.constant(pairs.pictures)
        ids = caption_ids(tokenizer, pairs.captions, options.caption_length)
        self._token_ids = tf.constant(ids)

    def __len__(self) -> int:
        return len(self._token_ids) // self.batch_size

    def __call__(self, epoch: int) -> tf.data.Dataset:
        order = np.random.default_rng([self.seed, epoch]).permutation(
            len(self._token_ids)
        )
        rows = order[: len(self) * self.batch_size].reshape(len(self), self.batch_size)

        def pairs(batch):  # (B,)
            inputs = {
                "pictures": tf.gather(self._pictures, batch),
                "token_ids": tf.gather(self._token_ids, batch),
            }
            return inputs, tf.range(self.batch_size)

        return tf.data.Dataset.from_tensor_slices(rows).map(pairs).prefetch(2)


def input_specs(options) -> dict[str, tf.TensorSpec]:
    """Gives what the model reads, for its graph in TensorBoard."""
    return {
        "pictures": tf.TensorSpec((None, options.side, options.side, 3), tf.uint8),
        "token_ids": tf.TensorSpec((None, options.caption_length), tf.int32),
    }


def vectors(model, tokenizer, pairs: CaptionedPictures, length: int):
    """Gives the vectors of pictures and of captions, (N, D) float32 each."""
    ids = caption_ids(tokenizer, pairs.captions, length)
    starts = range(0, len(pairs), _AT_ONCE)
    pictures = [model.pictures(pairs.pictures[n : n + _AT_ONCE]) for n in starts]
    texts = [model.texts({"token_ids": ids[n : n + _AT_ONCE]}) for n in starts]
    return np.concatenate(pictures), np.concatenate(texts)


class Evaluation:
    """Searches both ways after each epoch, and once among the test pairs.

    Args:
        monitor: of the run.
        model, tokenizer, data, options: of the script.
    """

    def __init__(self, monitor, model, tokenizer, data: PictureData, options):
        self._monitor, self._model, self._tokenizer = monitor, model, tokenizer
        self._data, self._length = data, options.caption_length
        draw = np.random.default_rng(options.seed)
        # For the pictures: as many of each kind of test pair.
        self._rows = np.concatenate(
            [
                draw.permutation(np.flatnonzero(group))[: _SHOWN // len(data.groups)]
                for group in data.groups.values()
            ]
        )

    def validate(self, epoch: int) -> dict[str, float]:
        """Gives recall@1 among 100 validation pairs, and draws what is found."""
        pairs = self._data.validation
        found = self._vectors(pairs)
        _, hits = recall_at_1(*found, pairs.captions, draws=10)
        self._draw(epoch)
        return {
            "recall_at_1": float(hits.mean()),
            "image_to_text": float(hits[0].mean()),
            "text_to_image": float(hits[1].mean()),
            "scale": float(np.exp(self._model.log_scale)),
        }

    def test(self, epoch: int) -> dict[str, float]:
        """Gives recall@1 among 100 of each kind of test pair, and prints it."""
        data = self._data
        rows, hits = recall_at_1(*self._vectors(data.test), data.shown)
        size = min(100, len(set(data.shown)))
        print(f"\nWith the weights of epoch {epoch} (the best in validation), recall@1")
        print(f"among {size} that show different things; by chance {1 / size:.3f}:\n")
        print(f"{'':12}{'image → text':>14}{'text → image':>14}")
        metrics = {"chance_recall_at_1": 1 / size}
        for name, members in data.groups.items():
            of_group = hits[:, members[rows]].mean(axis=1)
            print(f"{name.replace('_', ' '):12}{of_group[0]:14.3f}{of_group[1]:14.3f}")
            metrics[f"{name}_image_to_text"] = float(of_group[0])
            metrics[f"{name}_text_to_image"] = float(of_group[1])
        metrics["recall_at_1"] = float(hits.mean())
        print()
        self._draw(epoch)
        return metrics

    def _vectors(self, pairs):
        return vectors(self._model, self._tokenizer, pairs, self._length)

    def _draw(self, epoch: int) -> None:
        """Draws the scores of a few pairs, and what is found for their captions."""
        test, rows = self._data.test, self._rows
        pictures, texts = self._vectors(test)
        captions = [test.captions[row] for row in rows]
        kinds = ", then ".join(self._data.groups).replace("_", " ")
        title = f"epoch {epoch}: {kinds}"
        drawn = similarity_image(
            pictures[rows] @ texts[rows].T, test.pictures[rows], captions, title
        )
        self._monitor.image("validation", epoch, "similarity", drawn)
        best = np.argsort(-texts[rows] @ pictures.T, axis=1)[:, :_FOUND]  # (rows, k)
        shown = np.array([str(thing) for thing in self._data.shown])
        right = shown[best] == shown[rows][:, None]
        drawn = found_image(captions, test.pictures[best], right, title)
        self._monitor.image("validation", epoch, "found", drawn)


def save_model(folder: Path, model, tokenizer: Tokenizer, options) -> None:
    """Writes the model folder."""
    configuration = {
        "task": "image_text",
        "side": options.side,
        "caption_length": options.caption_length,
    }
    write_model_folder(folder, model, configuration, tokenizer.save)


def load_model(folder: str | Path) -> tuple[ImageTextModel, Tokenizer, int]:
    """Reads a folder that ``save_model`` wrote: model, tokenizer, caption length.

    Raises:
        ValueError: it is something else, or damaged.
    """
    model, tokenizer, found = load_with_tokenizer(folder, "image_text", ImageTextModel)
    return model, tokenizer, found["caption_length"]


def _shapes(options) -> PictureData:
    seen, unseen = scenes()
    parts = {
        "train": (seen, options.pictures),
        "validation": (seen, 1),
        "test": (seen + unseen, _TEST_PICTURES),
    }
    drawn = {
        name: CaptionedPictures(pictures, tuple(captions))
        for number, (name, (of, each)) in enumerate(parts.items())
        for pictures, captions in [
            draw_pictures(of, each, options.language, 3 * options.seed + number)
        ]
    }
    shown: list[Scene] = (seen + unseen) * _TEST_PICTURES
    is_seen = np.array([scene in set(seen) for scene in shown])
    digest = content_hash(
        column
        for pairs in drawn.values()
        for column in (pairs.captions, [pairs.pictures.tobytes()])
    )
    groups = {"seen": is_seen, "unseen": ~is_seen}
    name = f"shapes-{options.language}"
    return PictureData(name, digest, **drawn, shown=shown, groups=groups)
