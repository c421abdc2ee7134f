"""A user's own pictures with captions: a folder of them.

Article: §8.2 (多模态融合).

Either the folder has a table ``captions.csv`` with the columns ``file`` and
``caption``, a picture may stand in it several times; or beside each picture lies a text
of the same name: ``boat.png`` and ``boat.txt``.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from roots_tf.datasets.splits import PARTS, content_hash, divide
from roots_tf.datasets.text_tables import read_table, read_text

TABLE = "captions.csv"
KINDS = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
_LEAST = 10  # pairs, or there is nothing to divide


@dataclass(frozen=True)
class CaptionedPictures:
    """Pictures with a caption each.

    Attributes:
        pictures: (N, side, side, 3) uint8 RGB.
        captions: N texts.
    """

    pictures: np.ndarray
    captions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.captions)


def read_folder(
    folder: str | Path, side: int
) -> tuple[dict[str, CaptionedPictures], str]:
    """Reads a folder, and divides it by a hash of the captions, 80/10/10.

    Of captions that are the same the first one's picture stays, so that no caption of
    the test part was seen in training.

    Args:
        folder: with ``captions.csv``, or with texts beside the pictures.
        side: pixels; a picture is scaled so that it fits, and stands before black.

    Returns:
        Training, validation and test pairs by name, and the SHA-256 of all.

    Raises:
        OSError: there is no such folder, or a file cannot be read.
        ValueError: a picture or a caption is missing, empty or damaged, or there are
            too few of them for three parts.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: expected a folder of pictures with captions, got none"
        )
    pairs = _from_table(folder) if (folder / TABLE).is_file() else _beside(folder)
    # Each file is read once, also where it has several captions.
    decoded = {file: _decode(file, side) for file, _ in pairs}
    parts, dropped = divide({"all": [(caption, file) for file, caption in pairs]})
    for reason, count in dropped.items():
        print(f"{count:,} x {reason.replace('text', 'caption')}")
    if len(pairs) < _LEAST or not all(parts.values()):
        raise ValueError(
            f"{folder}: expected {_LEAST} different captions or more, enough for "
            f"{', '.join(PARTS)}, got {sum(map(len, parts.values()))}"
        )
    found = {
        name: CaptionedPictures(
            np.stack([decoded[file] for _, file in rows]),
            tuple(caption for caption, _ in rows),
        )
        for name, rows in parts.items()
    }
    columns = [[caption for _, caption in pairs], [file.name for file, _ in pairs]]
    return found, content_hash([*columns, [decoded[f].tobytes() for f in decoded]])


def _from_table(folder: Path) -> list[tuple[Path, str]]:
    pairs = []
    for line, (name, caption) in read_table(folder / TABLE, ("file", "caption")):
        where = f"{folder / TABLE}, line {line}"
        if not caption.strip():
            raise ValueError(f"{where}: expected a caption, got none")
        if not (folder / name).is_file():
            raise ValueError(f"{where}: expected a picture in the folder, got {name!r}")
        pairs.append((folder / name, caption.strip()))
    return pairs


def _beside(folder: Path) -> list[tuple[Path, str]]:
    pictures = sorted(p for p in folder.iterdir() if p.suffix.lower() in KINDS)
    if not pictures:
        raise ValueError(
            f"{folder}: expected {TABLE}, or pictures ({', '.join(KINDS)}) with texts "
            "beside them, got neither"
        )
    for picture in pictures:
        if not picture.with_suffix(".txt").is_file():
            raise ValueError(f"{picture}: expected its caption beside it, as .txt")
    return [
        (picture, " ".join(read_text(picture.with_suffix(".txt")).split()))
        for picture in pictures
    ]


def _decode(file: Path, side: int) -> np.ndarray:
    import tensorflow as tf

    try:
        pixels = tf.io.decode_image(
            file.read_bytes(), channels=3, expand_animations=False
        )
    except tf.errors.InvalidArgumentError:
        raise ValueError(
            f"{file}: expected a picture as {', '.join(KINDS)}, got something else, or "
            "a damaged one"
        ) from None
    small = tf.image.resize_with_pad(pixels, side, side, antialias=True)
    return np.clip(np.rint(small.numpy()), 0, 255).astype(np.uint8)
