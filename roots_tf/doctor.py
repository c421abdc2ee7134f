"""What this machine lacks to run the project, and the one command that mends it.

Article: §5.1.

    python -m roots_tf.doctor

Exit status: 0 nothing to mend, 1 something to mend. A machine needs no GPU.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
INSTALL = "python -m pip install --upgrade -r requirements.txt"
FREE_GB = 2.0
PLUGINS = frozenset(
    ["scalars", "histograms", "distributions", "images", "text", "graphs"]
    + ["pr_curves", "hparams", "projector"]
)
# Each unpacks over the files of the other, or is the deprecated form of it.
CONFLICTS = {"tensorflow-cpu": "tensorflow", "pynvml": "nvidia-ml-py"}

# Imports are tried in processes of their own: one that fails may end its process, and
# TensorFlow writes to stderr whatever one asks of it.
TENSORFLOW_PROBE = """
import json, sys
import tensorflow as tf
if sys.platform != "win32":
    import tensorflow_text
print(json.dumps([device.name for device in tf.config.list_physical_devices("GPU")]))
"""
TENSORBOARD_PROBE = """
import json
from tensorboard import default
print(json.dumps([getattr(p, "plugin_name", None) for p in default.get_plugins()]))
"""
# The last-resort font has every character, as a box.
FONT_PROBE = """
import json
from matplotlib import font_manager
print(json.dumps([
    font.name for font in font_manager.fontManager.ttflist
    if "lastresort" not in font.name.replace(" ", "").lower()
    and font_manager.get_font(font.fname).get_char_index(ord("\\u8bed"))
]))
"""


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` is the command that puts it right, if it is wrong."""

    text: str
    mend: str = ""

    def __str__(self) -> str:
        if self.mend:
            return f"MEND  {self.text}\n      {self.mend}"
        return f"ok    {self.text}"


def check_python(version: tuple[int, ...] = sys.version_info[:2]) -> Finding:
    """Python 3.10 to 3.13: tensorflow-text has wheels for these."""
    text = f"Python {version[0]}.{version[1]}"
    if (3, 10) <= version < (3, 14):
        return Finding(text)
    return Finding(
        f"{text}: expected 3.10 to 3.13", "python3.11 -m venv .venv && " + INSTALL
    )


def read_requirements() -> list[str]:
    """The lines of requirements.txt, or of the installed package's metadata."""
    source = PROJECT / "requirements.txt"
    if not source.exists():
        return metadata.requires("roots-tf") or []
    lines = source.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def check_requirements(
    lines: Iterable[str], version_of: Callable[[str], str] = metadata.version
) -> list[Finding]:
    """Compares every requirement with what is installed.

    Args:
        lines: Requirements, such as `"keras>=3.12,<3.16"`.
        version_of: Gives the installed version of a distribution, or raises
            `PackageNotFoundError`.
    """
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return [Finding("the requirements are not installed", INSTALL)]
    findings, wanted = [], {}
    for requirement in map(Requirement, lines):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        requirement.marker = None
        wanted[requirement.name] = f'"{requirement}"'
        has = _version_or_none(requirement.name, version_of)
        if has and requirement.specifier.contains(has, prereleases=True):
            findings.append(Finding(f"{requirement.name} {has}"))
        else:
            findings.append(
                Finding(
                    f"{requirement.name} {has or 'is not installed'}: "
                    f"expected {requirement.specifier}",
                    f"python -m pip install {wanted[requirement.name]}",
                )
            )
    for intruder, kept in CONFLICTS.items():
        if _version_or_none(intruder, version_of):
            findings.append(
                Finding(
                    f"{intruder} is installed beside {kept}",
                    f"python -m pip uninstall -y {intruder} && python -m pip install "
                    f"--force-reinstall --no-deps {wanted.get(kept, kept)}",
                )
            )
    return findings


def _version_or_none(name: str, version_of: Callable[[str], str]) -> str | None:
    try:
        return version_of(name)
    except metadata.PackageNotFoundError:
        return None


def check_tensorflow() -> Finding:
    """TensorFlow and its text ops import; the GPUs it sees, or why there is none."""
    try:
        devices = _probe(TENSORFLOW_PROBE)
    except RuntimeError as error:
        return Finding(f"TensorFlow does not import: {error}", INSTALL)
    if devices:
        return Finding(f"GPU: {', '.join(devices)}")
    if sys.platform == "darwin":
        return Finding("no GPU: TensorFlow has none on macOS; the CPU is used")
    if not shutil.which("nvidia-smi"):
        return Finding("no GPU: this machine has no NVIDIA driver; the CPU is used")
    version = metadata.version("tensorflow")
    return Finding(
        "TensorFlow does not see the NVIDIA GPU of this machine: no CUDA libraries",
        f'python -m pip install "tensorflow[and-cuda]=={version}"',
    )


def check_tensorboard() -> Finding:
    """TensorBoard starts with every plugin that the runs write for."""
    try:
        plugins = _probe(TENSORBOARD_PROBE)
    except RuntimeError as error:
        return Finding(f"TensorBoard does not start: {error}", INSTALL)
    missing = PLUGINS.difference(plugins)
    if missing:
        return Finding(
            f"TensorBoard lacks {', '.join(sorted(missing))}",
            "python -m pip install --force-reinstall --no-deps tensorboard",
        )
    return Finding(f"TensorBoard plugins: {', '.join(sorted(PLUGINS))}")


def check_disk(free_bytes: int | None = None) -> Finding:
    """Room for runs and downloaded data sets."""
    if free_bytes is None:
        free_bytes = shutil.disk_usage(PROJECT).free
    text = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes >= FREE_GB * 1e9:
        return Finding(text)
    return Finding(f"{text}: expected {FREE_GB} GB", "python -m pip cache purge")


def check_fonts() -> Finding:
    """A font with Chinese characters, for the labels of figures."""
    try:
        fonts = _probe(FONT_PROBE)
    except RuntimeError as error:
        return Finding(f"matplotlib does not import: {error}", INSTALL)
    if fonts:
        return Finding(f"font with Chinese characters: {fonts[0]}")
    mend = "sudo apt-get install -y fonts-noto-cjk && rm -rf ~/.cache/matplotlib"
    if sys.platform == "darwin":
        mend = "brew install --cask font-noto-sans-cjk-sc && rm -rf ~/.matplotlib"
    return Finding("no font with Chinese characters: figures show boxes", mend)


def check_data(folder: str | None = os.environ.get("ROOTS_TF_DATA")) -> Finding:
    """The folder of real data sets, where one is named."""
    if not folder:
        return Finding("ROOTS_TF_DATA is not set: data sets are embedded or downloaded")
    if Path(folder).is_dir():
        return Finding(f"ROOTS_TF_DATA: {folder}")
    return Finding(f"ROOTS_TF_DATA is no folder: {folder}", "unset ROOTS_TF_DATA")


def _probe(code: str) -> list:
    """Runs Python code in a process of its own and reads the JSON it prints last."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise RuntimeError(said[-1])
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Prints every finding; returns the exit status."""
    findings = [
        check_python(),
        *check_requirements(read_requirements()),
        check_tensorflow(),
        check_tensorboard(),
        check_disk(),
        check_fonts(),
        check_data(),
    ]
    print(*findings, sep="\n")
    wrong = sum(bool(finding.mend) for finding in findings)
    print(f"{wrong} to mend" if wrong else "nothing to mend")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
