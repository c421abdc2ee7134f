"""The doctor finds what is wrong and gives the command that mends it."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from roots_tf import doctor

ROOT = Path(__file__).resolve().parents[1]


def versions(**installed):
    """Stands for `importlib.metadata.version` on another machine."""

    def version_of(name):
        if name.replace("-", "_") not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name.replace("-", "_")]

    return version_of


@pytest.mark.parametrize("version", [(3, 10), (3, 13)])
def test_the_oldest_and_the_newest_python_are_in_order(version):
    assert not doctor.check_python(version).mend


@pytest.mark.parametrize("version", [(3, 9), (3, 14)])
def test_another_python_is_to_mend(version):
    finding = doctor.check_python(version)

    assert "expected 3.10 to 3.13" in finding.text
    assert "venv" in finding.mend


def test_a_requirement_in_range_is_in_order():
    findings = doctor.check_requirements(
        ["keras>=3.12,<3.16"], versions(keras="3.13.2")
    )

    assert [str(finding) for finding in findings] == ["ok    keras 3.13.2"]


def test_a_missing_and_an_outdated_requirement_are_to_mend():
    lines = ["keras>=3.12,<3.16", "keras-tuner[bayesian]>=1.4.8"]

    outdated, missing = doctor.check_requirements(lines, versions(keras="2.15.0"))

    assert outdated.text == "keras 2.15.0: expected <3.16,>=3.12"
    assert outdated.mend == 'python -m pip install "keras<3.16,>=3.12"'
    assert missing.text == "keras-tuner is not installed: expected >=1.4.8"
    assert missing.mend == 'python -m pip install "keras-tuner[bayesian]>=1.4.8"'


def test_the_release_that_does_not_import_is_to_mend():
    lines = doctor.read_requirements()
    text = [line for line in lines if line.startswith("tensorflow-text")]

    broken = doctor.check_requirements(text, versions(tensorflow_text="2.21.0"))
    fixed = doctor.check_requirements(text, versions(tensorflow_text="2.21.1"))

    assert broken[0].mend
    assert not fixed[0].mend


def test_a_requirement_of_another_platform_or_extra_is_left_out():
    lines = ['keras; sys_platform == "no such"', 'torch>=2; extra == "peers"']

    assert doctor.check_requirements(lines, versions()) == []


def test_tensorflow_cpu_beside_tensorflow_is_to_mend():
    installed = versions(tensorflow="2.21.0", tensorflow_cpu="2.21.0")

    findings = doctor.check_requirements(["tensorflow>=2.20,<2.22"], installed)

    assert not findings[0].mend
    assert findings[1].text == "tensorflow-cpu is installed beside tensorflow"
    assert "uninstall -y tensorflow-cpu" in findings[1].mend


def test_this_environment_meets_every_requirement():
    findings = doctor.check_requirements(doctor.read_requirements())

    assert [finding.text for finding in findings if finding.mend] == []
    assert len(findings) > 15


def test_a_failing_import_is_told_by_its_last_line():
    with pytest.raises(RuntimeError, match="No module named 'no_such_library'$"):
        doctor._probe("import no_such_library")


def test_an_import_that_ends_its_process_is_told():
    with pytest.raises(RuntimeError, match="exit status 3"):
        doctor._probe("import os; os._exit(3)")


def test_tensorflow_that_does_not_import_is_to_mend(monkeypatch):
    monkeypatch.setattr(doctor, "TENSORFLOW_PROBE", "raise ImportError('no wheel')")

    finding = doctor.check_tensorflow()

    assert finding.text == "TensorFlow does not import: ImportError: no wheel"
    assert finding.mend == doctor.INSTALL


def test_a_gpu_that_tensorflow_sees_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "TENSORFLOW_PROBE", "print('[\"GPU:0\"]')")

    assert doctor.check_tensorflow() == doctor.Finding("GPU: GPU:0")


def test_a_driver_without_cuda_libraries_is_to_mend_and_no_driver_is_not(monkeypatch):
    monkeypatch.setattr(doctor, "TENSORFLOW_PROBE", "print([])")
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "2.21.0")

    monkeypatch.setattr(shutil, "which", lambda name: None)
    without = doctor.check_tensorflow()
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    with_driver = doctor.check_tensorflow()

    assert not without.mend
    assert with_driver.mend == 'python -m pip install "tensorflow[and-cuda]==2.21.0"'


def test_tensorboard_here_has_every_plugin():
    assert not doctor.check_tensorboard().mend


def test_a_missing_plugin_is_named(monkeypatch):
    monkeypatch.setattr(
        doctor, "PLUGINS", doctor.PLUGINS | {"no_such_plugin", "not_this_one"}
    )

    finding = doctor.check_tensorboard()

    assert finding.text == "TensorBoard lacks no_such_plugin, not_this_one"
    assert finding.mend


def test_a_full_disk_is_to_mend():
    assert not doctor.check_disk(3_000_000_000).mend
    assert doctor.check_disk(1_900_000_000).text == "1.9 GB free: expected 2.0 GB"
    assert doctor.check_disk(1_900_000_000).mend


def test_the_last_resort_font_does_not_count_as_chinese():
    finding = doctor.check_fonts()

    assert "Last" not in finding.text
    assert bool(finding.mend) is ("no font" in finding.text)


@pytest.mark.parametrize("folder", [None, ""])
def test_no_data_folder_is_in_order(folder):
    assert not doctor.check_data(folder).mend


def test_a_data_folder_must_exist(tmp_path):
    assert not doctor.check_data(str(tmp_path)).mend
    assert doctor.check_data(str(tmp_path / "no")).mend == "unset ROOTS_TF_DATA"


@pytest.mark.parametrize(("mend", "status"), [("", 0), ("do this", 1)])
def test_the_status_says_whether_something_is_to_mend(
    monkeypatch, capsys, mend, status
):
    fine = doctor.Finding("fine")
    for name in ("python", "tensorflow", "tensorboard", "disk", "data"):
        monkeypatch.setattr(doctor, f"check_{name}", lambda: fine)
    monkeypatch.setattr(doctor, "check_requirements", lambda lines: [fine])
    monkeypatch.setattr(doctor, "check_fonts", lambda: doctor.Finding("fonts", mend))

    assert doctor.main() == status
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == ("1 to mend" if status else "nothing to mend")
    assert ("      do this" in printed) is bool(status)


def test_the_doctor_needs_nothing_installed():
    code = "from roots_tf import doctor; print(*doctor.check_requirements(['keras']))"

    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True
    )

    assert done.stdout == (
        f"MEND  the requirements are not installed\n      {doctor.INSTALL}\n"
    )
