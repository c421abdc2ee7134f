"""Is there room, may we write, does the terminal take Chinese?

Article: §5.1.
"""

import errno
import json
import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from roots_tf.doctor.finding import PROJECT, Finding

FREE_GB = 2.0  # for runs and downloaded data sets


def check_platform(
    system: str = sys.platform, machine: str = platform.machine()
) -> Finding:
    """Linux, and macOS on Apple silicon: all packages have wheels for these."""
    if system == "win32":
        return Finding(
            "Windows: tensorflow-text has no wheel, so nothing that needs its "
            "tokenizers runs; Linux within Windows has it",
            "wsl --install",
            optional=True,
        )
    if system == "darwin" and machine == "x86_64":
        return Finding(
            "macOS on an Intel processor: TensorFlow ends with 2.16",
            f"docker run -it -v {shlex.quote(str(PROJECT))}:/roots_tf -w /roots_tf "
            "python:3.11 bash",
        )
    return Finding(f"{system}, {machine}")


def check_disk(free_bytes: int | None = None) -> Finding:
    """Room for runs and downloaded data sets."""
    if free_bytes is None:
        free_bytes = shutil.disk_usage(PROJECT).free
    text = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes >= FREE_GB * 1e9:
        return Finding(text)
    return Finding(f"{text}: expected {FREE_GB} GB", "python -m pip cache purge")


def written_to() -> list[Path]:
    """The folders that runs and downloaded data sets go to; they need not exist."""
    return [Path("tensorboard_logs"), PROJECT / "data" / "downloads"]


def check_write_access(folders: Iterable[Path]) -> list[Finding]:
    """Tries to write into folders, or where they would be made."""
    findings = []
    for folder in folders:
        there = folder.absolute()
        while not there.exists():
            there = there.parent
        where = shlex.quote(str(there))
        try:
            with tempfile.TemporaryFile(dir=there):
                findings.append(Finding(f"writes to {folder}"))
        except NotADirectoryError:
            mend = f"mv {where} {where}.old"
            findings.append(Finding(f"{there} is a file: expected a folder", mend))
        except OSError as error:
            mend = f'sudo chown -R "$(id -u)" {where}'
            if error.errno == errno.EROFS:
                mend = f"cp -R {shlex.quote(str(PROJECT))} ~/"
            text = f"cannot write to {folder}: {error.strerror}"
            findings.append(Finding(text, mend))
    return findings


def check_temporary_folder() -> Finding:
    """jieba keeps its dictionary in the folder for temporary files."""
    try:
        return Finding(f"temporary files: {tempfile.gettempdir()}")
    except FileNotFoundError:
        return Finding(
            "no folder for temporary files can be written to",
            "mkdir -p ~/tmp && export TMPDIR=~/tmp",
        )


def check_encoding(encoding: str | None = None) -> Finding:
    """What is printed has Chinese in it."""
    encoding = encoding or sys.stdout.encoding
    try:
        "语言模型".encode(encoding)
    except UnicodeEncodeError:
        text = f"the terminal's encoding, {encoding}, has no Chinese"
        return Finding(text, "export PYTHONUTF8=1")
    return Finding(f"encoding of the terminal: {encoding}")


def check_keras_backend(
    environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Finding:
    """Keras computes with TensorFlow, whatever else is set for other projects."""
    backend = environ.get("KERAS_BACKEND")
    folder = environ.get("KERAS_HOME") or (home or Path.home()) / ".keras"
    if not backend:
        try:
            settings = json.loads((Path(folder) / "keras.json").read_text("utf-8"))
            backend = settings.get("backend")
        except (OSError, ValueError):
            backend = None  # Keras takes its own settings then
    if backend in (None, "tensorflow"):
        return Finding("Keras computes with TensorFlow")
    return Finding(
        f"Keras computes with {backend}: expected tensorflow",
        "export KERAS_BACKEND=tensorflow",
    )


def check_data(folder: str | None = os.environ.get("ROOTS_TF_DATA")) -> Finding:
    """The folder of real data sets, where one is named."""
    if not folder:
        return Finding("ROOTS_TF_DATA is not set: data sets are embedded or downloaded")
    if Path(folder).is_dir():
        return Finding(f"ROOTS_TF_DATA: {folder}")
    return Finding(f"ROOTS_TF_DATA is no folder: {folder}", "unset ROOTS_TF_DATA")
