"""What TensorFlow, TensorBoard and matplotlib see: each trap on a made-up machine."""

import subprocess
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from roots_tf.doctor import imports
from roots_tf.doctor.finding import INSTALL, PYTHON, Finding

CUDA = f'{PYTHON} -m pip install "tensorflow[and-cuda]==2.21.0"'


def programs(monkeypatch, *names):
    """Makes some programs the only ones of this machine."""
    which = {name: f"/usr/bin/{name}" for name in names}.get
    monkeypatch.setattr(imports.shutil, "which", lambda name, path=None: which(name))


def test_a_failing_import_is_told_by_its_last_line():
    with pytest.raises(RuntimeError, match="No module named 'no_such_library'$"):
        imports._probe("import no_such_library")


def test_an_import_that_ends_its_process_is_told():
    with pytest.raises(RuntimeError, match="exit status 3"):
        imports._probe("import os; os._exit(3)")


def test_tensorflow_that_does_not_import_is_to_mend(monkeypatch):
    monkeypatch.setattr(imports, "TENSORFLOW_PROBE", "raise ImportError('no wheel')")

    finding = imports.check_tensorflow()

    assert finding.text == "TensorFlow does not import: ImportError: no wheel"
    assert finding.mend == INSTALL


def test_a_gpu_that_tensorflow_sees_is_named(monkeypatch):
    monkeypatch.setattr(imports, "TENSORFLOW_PROBE", "print('[\"GPU:0\"]')")

    assert imports.check_tensorflow() == Finding("GPU: GPU:0")


@pytest.fixture
def gpu(monkeypatch):
    """Looks at a machine whose NVIDIA GPU TensorFlow does not see."""

    def check(driver="550.54", status=0, libraries=True, **environ):
        monkeypatch.setattr(imports, "TENSORFLOW_PROBE", "print([])")
        monkeypatch.setattr(imports.sys, "platform", "linux")
        programs(monkeypatch, "nvidia-smi")
        run = subprocess.run

        def smi(command, **options):
            if command[0] != "nvidia-smi":
                return run(command, **options)
            return SimpleNamespace(returncode=status, stdout=f"{driver}\n")

        def version_of(name):
            if name == "tensorflow":
                return "2.21.0"
            if libraries and name == "nvidia-cudnn-cu12":
                return "9.28"
            raise metadata.PackageNotFoundError(name)

        monkeypatch.setattr(imports.subprocess, "run", smi)
        return imports.check_tensorflow(environ, version_of)

    return check


def test_no_driver_is_in_order(monkeypatch):
    monkeypatch.setattr(imports, "TENSORFLOW_PROBE", "print([])")
    programs(monkeypatch)

    assert not imports.check_tensorflow().mend


def test_a_gpu_without_cuda_libraries_is_mended_by_tensorflows_own(gpu):
    finding = gpu(libraries=False)

    assert finding.text.endswith("of this machine: no CUDA libraries")
    assert finding.mend == CUDA


@pytest.mark.parametrize("value", ["", "-1"])
def test_a_hidden_gpu_is_to_mend(gpu, value):
    assert gpu(CUDA_VISIBLE_DEVICES=value).mend == "unset CUDA_VISIBLE_DEVICES"


def test_a_driver_too_old_for_cuda_12_is_to_mend(gpu):
    finding = gpu(driver="470.223.02")

    assert finding.text.endswith("driver 470.223.02, CUDA 12 needs 525 or newer")
    assert finding.mend == "sudo ubuntu-drivers install"


def test_other_cuda_libraries_in_front_are_to_mend(gpu):
    finding = gpu(LD_LIBRARY_PATH="/usr/local/cuda-11/lib64")

    assert finding.mend == "unset LD_LIBRARY_PATH"


def test_cuda_libraries_that_do_not_load_are_installed_again(gpu):
    assert gpu().mend == f"{CUDA} --force-reinstall"


def test_a_driver_that_does_not_answer_is_a_note_since_the_cpu_is_used(gpu):
    finding = gpu(driver="Driver/library version mismatch", status=18)

    assert "does not answer (Driver/library version mismatch)" in finding.text
    assert finding.mend == "sudo reboot"
    assert not finding.wrong


def test_a_driver_without_a_gpu_is_in_order(gpu):
    assert not gpu(driver="").mend


def test_tensorboard_here_has_every_plugin():
    plugins, *notes = imports.check_tensorboard()

    assert not plugins.mend
    assert not any(note.wrong for note in notes)


def tensorboard(monkeypatch, *plugins, path="/nowhere"):
    """The findings where TensorBoard has these plugins."""
    code = f"import json; print(json.dumps({list(plugins)}))"
    monkeypatch.setattr(imports, "TENSORBOARD_PROBE", code)
    return imports.check_tensorboard({"PATH": path}, Path("/my env/bin"))


def test_a_missing_plugin_is_named(monkeypatch):
    there = imports.PLUGINS - {"projector", "hparams"}

    finding, *_ = tensorboard(monkeypatch, *there)

    assert finding.text == "TensorBoard lacks hparams, projector"
    assert finding.mend.endswith('"tensorboard" --force-reinstall --no-deps')


def test_the_missing_profile_plugin_is_a_note_with_its_package(monkeypatch):
    there = [*imports.PLUGINS]

    without = tensorboard(monkeypatch, *there)
    with_it = tensorboard(monkeypatch, *there, "profile")

    (note,) = [finding for finding in without if "PROFILE" in finding.text]
    assert note.mend == f"{PYTHON} -m pip install xprof"
    assert not note.wrong
    assert not any("PROFILE" in finding.text for finding in with_it)


def test_the_command_that_jupyter_does_not_find_is_a_note(monkeypatch, tmp_path):
    (tmp_path / "tensorboard").write_text("#!/bin/sh\n")
    (tmp_path / "tensorboard").chmod(0o755)
    there = [*imports.PLUGINS, "profile"]

    _, note = tensorboard(monkeypatch, *there)

    assert note.mend == "export PATH='/my env/bin':\"$PATH\""
    assert not note.wrong
    assert len(tensorboard(monkeypatch, *there, path=str(tmp_path))) == 1


def test_a_tensorboard_that_needs_an_older_setuptools_gets_one(monkeypatch):
    # As TensorBoard 2.20 does; setuptools 82 and newer have no pkg_resources.
    code = "raise ModuleNotFoundError(\"No module named 'pkg_resources'\")"
    monkeypatch.setattr(imports, "TENSORBOARD_PROBE", code)

    (finding,) = imports.check_tensorboard()

    assert finding.text.endswith("No module named 'pkg_resources'")
    assert finding.mend == f'{PYTHON} -m pip install "setuptools<82"'


def test_a_tensorboard_that_is_not_there_is_to_mend(monkeypatch):
    monkeypatch.setattr(imports, "TENSORBOARD_PROBE", "import no_tensorboard")

    (finding,) = imports.check_tensorboard()

    assert finding.text.startswith("TensorBoard does not start: ModuleNotFoundError")
    assert finding.mend == INSTALL


@pytest.mark.parametrize(
    ("manager", "package"),
    [
        ("apt-get", "fonts-noto-cjk"),
        ("dnf", "google-noto-sans-cjk-fonts"),
        ("pacman", "noto-fonts-cjk"),
        ("brew", "font-noto-sans-cjk-sc"),
        (None, "fonts-noto-cjk"),
    ],
)
def test_no_chinese_font_is_mended_by_this_systems_package(
    monkeypatch, manager, package
):
    monkeypatch.setattr(imports, "FONT_PROBE", "print([])")
    programs(monkeypatch, manager)

    finding = imports.check_fonts()

    assert finding.text.startswith("no font with Chinese characters")
    assert finding.mend.endswith(f" {package}")


def test_the_doctor_finds_a_chinese_font_exactly_where_the_figures_do():
    from roots_tf.monitoring.label_fonts import font_families

    families = font_families(["语言模型"])

    finding = imports.check_fonts()

    assert bool(finding.mend) is (families is None)
    assert families is None or finding.text.endswith(families[-1])


def test_matplotlib_that_does_not_import_is_to_mend(monkeypatch):
    monkeypatch.setattr(imports, "FONT_PROBE", "import no_matplotlib")

    assert imports.check_fonts().mend == INSTALL
