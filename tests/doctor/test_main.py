"""The doctor as a program: what it prints, its status, and that it needs nothing."""

import subprocess
import sys

import pytest

from roots_tf.doctor import __main__ as doctor
from roots_tf.doctor.finding import INSTALL, Finding


@pytest.mark.parametrize(
    ("optional", "status", "last"),
    [(True, 0, "nothing to mend"), (False, 1, "1 to mend")],
)
def test_the_status_says_whether_something_is_to_mend(
    monkeypatch, capsys, optional, status, last
):
    findings = [Finding("fine"), Finding("no font", "do this", optional)]
    monkeypatch.setattr(doctor, "examine", lambda: findings)

    assert doctor.main() == status
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "ok    fine",
        f"{'note' if optional else 'MEND'}  no font",
        "      do this",
        last,
    ]


def test_everything_is_looked_at(monkeypatch):
    from roots_tf.doctor import imports

    for name in ("TENSORFLOW_PROBE", "FONT_PROBE"):  # slow, and tested elsewhere
        monkeypatch.setattr(imports, name, "print([])")

    texts = "\n".join(finding.text for finding in doctor.examine())

    for words in (
        *("Python 3", "keras 3", "fit each other", "computes with TensorFlow"),
        *("GPU", "TensorBoard", "Chinese", "encoding", "GB free", "writes to"),
        *("temporary files", "ROOTS_TF_DATA"),
    ):
        assert words in texts


def test_the_doctor_needs_nothing_installed(project):
    code = "from roots_tf.doctor import packages; "
    code += "print(*packages.check_requirements(['keras']), *packages.check_pairs([]))"

    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=project, capture_output=True, text=True
    )

    assert done.stdout == (
        f"MEND  the requirements are not installed\n      {INSTALL}\n"
    )
