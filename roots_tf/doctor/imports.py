"""Do TensorFlow, TensorBoard and matplotlib start, and what do they see?

Article: §5.1, §7.2.2.

Imports are tried in processes of their own: one that fails may end its process, and
TensorFlow writes to stderr whatever one asks of it.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from roots_tf.doctor.finding import INSTALL, PROJECT, PYTHON, Finding, pip_install

PLUGINS = frozenset(
    ["scalars", "histograms", "distributions", "images", "text", "graphs"]
    + ["pr_curves", "hparams", "projector", "custom_scalars", "timeseries"]
)
OLDEST_DRIVER = 525  # of NVIDIA's on Linux, for CUDA 12
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
# What the figures ask, so that it finds what they find.
FONT_PROBE = """
import json
from roots_tf.monitoring.label_fonts import font_families
print(json.dumps(font_families(["\u8bed\u8a00\u6a21\u578b"]) or []))
"""
# A package manager -> what brings a font with Chinese characters.
FONT_PACKAGES = {
    "apt-get": "sudo apt-get install -y fonts-noto-cjk",
    "dnf": "sudo dnf install -y google-noto-sans-cjk-fonts",
    "pacman": "sudo pacman -S --noconfirm noto-fonts-cjk",
    "brew": "brew install --cask font-noto-sans-cjk-sc",
}


def check_tensorflow(
    environ: Mapping[str, str] = os.environ,
    version_of: Callable[[str], str] = metadata.version,
) -> Finding:
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
    return _why_no_gpu(environ, version_of)


def _why_no_gpu(environ, version_of) -> Finding:
    try:
        driver = _nvidia_smi("--query-gpu=driver_version")
    except RuntimeError as error:
        text = f"no GPU: the NVIDIA driver does not answer ({error}); the CPU is used"
        return Finding(text, "sudo reboot", optional=True)
    if not driver:
        return Finding("no GPU: the NVIDIA driver has none; the CPU is used")
    text = "TensorFlow does not see the NVIDIA GPU of this machine: "
    if environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        return Finding(f"{text}it is hidden", "unset CUDA_VISIBLE_DEVICES")
    cuda = pip_install(f"tensorflow[and-cuda]=={version_of('tensorflow')}")
    try:
        version_of("nvidia-cudnn-cu12")
    except metadata.PackageNotFoundError:
        return Finding(f"{text}no CUDA libraries", cuda)
    if int(driver.split(".")[0]) < OLDEST_DRIVER:
        text += f"driver {driver}, CUDA 12 needs {OLDEST_DRIVER} or newer"
        return Finding(text, "sudo ubuntu-drivers install")
    if environ.get("LD_LIBRARY_PATH"):
        text += "LD_LIBRARY_PATH puts other CUDA libraries first"
        return Finding(text, "unset LD_LIBRARY_PATH")
    return Finding(f"{text}its CUDA libraries do not load", f"{cuda} --force-reinstall")


def _nvidia_smi(question: str) -> str:
    """Gives the first line of the answer, "" for none."""
    command = ["nvidia-smi", question, "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True)
    first = (done.stdout.strip().splitlines() or [""])[0]
    if done.returncode:
        raise RuntimeError(first or f"exit status {done.returncode}")
    return first


def check_tensorboard(
    environ: Mapping[str, str] = os.environ, folder: Path = Path(sys.executable).parent
) -> list[Finding]:
    """TensorBoard starts with every plugin that the runs write for.

    Args:
        environ: whose `PATH` is searched for the command `tensorboard`.
        folder: where the commands of this environment are.
    """
    try:
        plugins = _probe(TENSORBOARD_PROBE)
    except RuntimeError as error:
        mend = INSTALL
        if "pkg_resources" in str(error):  # TensorBoard 2.20; setuptools 82 has none
            mend = pip_install("setuptools<82")
        return [Finding(f"TensorBoard does not start: {error}", mend)]
    missing = ", ".join(sorted(PLUGINS.difference(plugins)))
    again = f"{pip_install('tensorboard')} --force-reinstall --no-deps"
    found = [Finding(f"TensorBoard plugins: {', '.join(sorted(PLUGINS))}")]
    if missing:
        found = [Finding(f"TensorBoard lacks {missing}", again)]
    if "profile" not in plugins:
        text = "no PROFILE tab: xprof is not installed; --profile prints a summary"
        found.append(Finding(text, f"{PYTHON} -m pip install xprof", optional=True))
    if not shutil.which("tensorboard", path=environ.get("PATH", "")):
        text = "the command tensorboard is not found, nor by Jupyter's %tensorboard"
        mend = f'export PATH={shlex.quote(str(folder))}:"$PATH"'
        found.append(Finding(text, mend, optional=True))
    return found


def check_fonts() -> Finding:
    """A font with Chinese characters, for the labels of figures."""
    try:
        fonts = _probe(FONT_PROBE)
    except RuntimeError as error:
        return Finding(f"matplotlib does not import: {error}", INSTALL)
    if fonts:
        return Finding(f"font with Chinese characters: {fonts[-1]}")
    managers = [name for name in FONT_PACKAGES if shutil.which(name)]
    text = "no font with Chinese characters: figures cannot show them"
    return Finding(text, FONT_PACKAGES[managers[0] if managers else "apt-get"])


def _probe(code: str) -> list:
    """Runs Python code in a process of its own and reads the JSON it prints last."""
    environ = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environ, cwd=PROJECT
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise RuntimeError(said[-1])
    return json.loads(done.stdout.splitlines()[-1])
