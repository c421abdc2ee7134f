"""What the catalog knows about one data set and its files.

Article: §5.3.3 (模型训练, step 1).

A set can lie in the data folder in two editions:

* **prepared**: the small files of ``files``. Sizes and SHA-256 are of the edition that
  this project is measured on; some rows of the official test parts are held back in it.
* **official**: what ``downloads`` names, fetched by
  ``python -m roots_tf.datasets fetch NAME`` into a sub-folder ``official``.

A set without ``downloads`` has no published checksum that we could confirm. We do not
download what we cannot verify, so ``by_hand`` says where to get it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataFile:
    """One file of the prepared edition.

    Attributes:
        path: path relative to the data folder.
        size: bytes.
        sha256: lower-case hex digest.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Download:
    """One file of the official edition, as its source offers it.

    Attributes:
        url: where it is fetched from.
        path: where it is kept, relative to the data folder.
        size: bytes.
        sha256: lower-case hex digest.
        unpack_to: folder an archive is unpacked to, relative to the data folder.
    """

    url: str
    path: str
    size: int
    sha256: str
    unpack_to: str | None = None


@dataclass(frozen=True)
class DataSet:
    """What is known about one set; the schema is that of its files.

    Attributes:
        name: the name that scripts and readers take.
        task: what is predicted.
        language: ``en``, ``zh``, or both: ``zh-en``.
        source: page of the origin.
        licence: licence or terms of the text.
        schema: columns and format of the prepared files.
        files: the prepared edition; empty where the set comes with the project.
        downloads: the official edition; empty where it cannot be fetched and verified.
        by_hand: where to get a set that has no ``downloads``.
    """

    name: str
    task: str
    language: str
    source: str
    licence: str
    schema: str
    files: tuple[DataFile, ...] = ()
    downloads: tuple[Download, ...] = ()
    by_hand: str = ""
