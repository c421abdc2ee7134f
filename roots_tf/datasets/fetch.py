"""Fetching of a whole set: download, verify, unpack.

Article: §5.3.3 (模型训练, step 1).
"""

from pathlib import Path

from roots_tf.datasets import catalog
from roots_tf.datasets.data_set import DataSet
from roots_tf.datasets.download import download, made_folder
from roots_tf.datasets.unpack import unpack


def fetch(data_set: DataSet, folder: Path) -> str:
    """Brings a set into the data folder, unless its prepared edition is there.

    A file that is there with the right checksum is kept. Archives stay beside what was
    unpacked, so that they can be verified later.

    Args:
        data_set: entry of the catalog.
        folder: the data folder.

    Returns:
        The edition that is there now, see `catalog.edition`.

    Raises:
        ValueError: the set has no verified download, or a hostile archive.
        OSError: the download or the unpacking failed; the file it was at is not there.
    """
    found = catalog.edition(data_set, folder)
    if found is None and not data_set.downloads:
        raise ValueError(
            f"{data_set.name}: has no download with a published checksum: "
            f"{catalog.how_to_get(data_set)} under {folder}"
        )
    if found in ("with project", "prepared"):
        return found
    for file in data_set.downloads:
        path = folder / file.path
        with made_folder(path.parent):
            if not path.is_file() or catalog.file_sha256(path) != file.sha256:
                download(file.url, path, file.size, file.sha256)
            if file.unpack_to and not (folder / file.unpack_to).exists():
                try:
                    unpack(path, folder / file.unpack_to)
                except (OSError, ValueError):
                    path.unlink()
                    raise
    return "official"
