"""What is installed, beside what must be: each trap on a made-up machine."""

from importlib import metadata

import pytest

from roots_tf.doctor.finding import INSTALL, PYTHON
from roots_tf.doctor.packages import (
    check_pairs,
    check_python,
    check_requirements,
    read_requirements,
)

PIP = f"{PYTHON} -m pip install"
# Hosted notebooks of 2026, from googlecolab/backend-info; keras-tuner is not there.
COLAB = {
    "tensorflow": "2.20.0",
    "tensorflow_text": "2.20.1",
    "keras": "3.13.2",
    "tensorboard": "2.20.0",
    "numpy": "2.1.3",
    "pandas": "2.2.3",
    "protobuf": "5.29.6",
    "jieba": "0.42.1",
    "sentencepiece": "0.2.2",
}


def versions(**installed):
    """Stands for `importlib.metadata.version` on another machine."""

    def version_of(name):
        if name.replace("-", "_") not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name.replace("-", "_")]

    return version_of


def required(*names):
    """The lines of our own requirements.txt for these packages."""
    return [
        line
        for line in read_requirements()
        if line.split(";")[0].split("[")[0].split(">=")[0] in names
    ]


@pytest.mark.parametrize("version", [(3, 10), (3, 13)])
def test_the_oldest_and_the_newest_python_are_in_order(version):
    assert not check_python(version).mend


# tensorflow-text has no wheel for 3.14, TensorFlow 2.20 none for 3.9.
@pytest.mark.parametrize("version", [(3, 9), (3, 14)])
def test_another_python_is_mended_by_an_environment_of_a_right_one(version):
    finding = check_python(version)

    assert "expected 3.10 to 3.13" in finding.text
    # The new environment's interpreter installs, not the one that is wrong.
    venv, install = finding.mend.split(" && ")
    assert venv == "python3.11 -m venv .venv"
    assert install.startswith(".venv/bin/python -m pip install")


def test_a_requirement_in_range_is_in_order():
    findings = check_requirements(["keras>=3.12,<3.16"], versions(keras="3.13.2"))

    assert [str(finding) for finding in findings] == ["ok    keras 3.13.2"]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("keras", "2.15.0"),  # another library under the same name
        ("keras", "3.11.3"),
        ("keras", "3.16.0"),
        ("tensorflow", "2.19.1"),
        ("tensorflow-text", "2.21.0"),  # does not import
        ("numpy", "1.26.4"),
        ("tensorboard", "2.19.0"),
        ("keras-tuner", "1.4.7"),
    ],
)
def test_a_version_that_does_not_work_is_mended_by_one_that_does(name, version):
    lines = required(name)
    installed = versions(**{name.replace("-", "_"): version})

    (finding,) = check_requirements(lines, installed)

    assert finding.text.startswith(f"{name} {version}: expected ")
    assert finding.mend.startswith(f'{PIP} "{name}')
    assert finding.wrong


@pytest.mark.parametrize(
    "name",
    [
        "tensorboard",  # TensorFlow 2.21 no longer brings it
        "tensorflow-text",
        "scipy",  # both: BayesianOptimization does not start without
        "scikit-learn",
        "nvidia-ml-py",
        "matplotlib",
    ],
)
def test_a_missing_package_is_mended_by_installing_it(name):
    (finding,) = check_requirements(required(name), versions())

    assert finding.text.startswith(f"{name} is not installed: expected ")
    assert finding.mend.startswith(f'{PIP} "{name}')


def test_the_tuner_is_mended_with_what_its_bayesian_search_needs():
    (finding,) = check_requirements(required("keras-tuner"), versions())

    assert finding.mend == f'{PIP} "keras-tuner[bayesian]<1.5,>=1.4.8"'


def test_what_has_no_wheel_is_mended_where_pip_is_set_to_wheels_alone():
    (finding,) = check_requirements(required("jieba"), versions())

    assert finding.mend.endswith(" --no-binary jieba")


def test_a_requirement_of_another_platform_or_extra_is_left_out():
    lines = ['keras; sys_platform == "no such"', 'torch>=2; extra == "peers"']

    assert check_requirements(lines, versions()) == []


@pytest.mark.parametrize(
    ("intruder", "kept"), [("tensorflow-cpu", "tensorflow"), ("pynvml", "nvidia-ml-py")]
)
def test_two_packages_with_the_same_files_are_mended_by_keeping_the_right_one(
    intruder, kept
):
    both = {name.replace("-", "_"): "99" for name in (intruder, kept)}

    *_, finding = check_requirements([kept], versions(**both))

    assert finding.text == f"{intruder} is installed beside {kept}"
    # Removing the one has taken files of the other away: it must come back whole.
    assert finding.mend == (
        f"{PYTHON} -m pip uninstall -y {intruder} && "
        f'{PIP} "{kept}" --force-reinstall --no-deps'
    )


def pairs(needs, **installed):
    """The findings on a machine where each package needs what `needs` tells of it."""
    lines = [name.replace("_", "-") for name in needs]
    return check_pairs(
        lines, versions(**installed), lambda name: needs[name.replace("-", "_")]
    )


# What TensorFlow 2.21 and tensorflow-text 2.21.1 declare.
TF_NEEDS = ["protobuf<8.0.0,>=6.31.1", "h5py<3.15.0,>=3.11.0", "keras>=3.12.0"]
TEXT_NEEDS = ["tensorflow<2.22,>=2.21.0", 'tensorflow-cpu<2.22; extra == "cpu"']


def test_an_old_protobuf_is_mended_by_one_that_tensorflow_can_use():
    (finding,) = pairs(
        {"tensorflow": TF_NEEDS},
        tensorflow="2.21.0",
        protobuf="5.29.6",
        h5py="3.14.0",
        keras="3.15.1",
    )

    assert finding.text == (
        "tensorflow 2.21.0 needs protobuf <8.0.0,>=6.31.1, here is 5.29.6"
    )
    assert finding.mend == f'{PIP} "protobuf<8.0.0,>=6.31.1"'


def test_a_need_that_is_not_installed_is_told_with_its_command():
    (finding,) = pairs(
        {"tensorflow": TF_NEEDS}, tensorflow="2.21.0", protobuf="7.0", keras="3.15.1"
    )

    assert finding.text.endswith("needs h5py <3.15.0,>=3.11.0, here is none")
    assert finding.mend == f'{PIP} "h5py<3.15.0,>=3.11.0"'


def test_text_ops_of_another_minor_version_are_fitted_to_tensorflow():
    needs = {"tensorflow": [], "tensorflow_text": TEXT_NEEDS}

    (finding,) = pairs(needs, tensorflow="2.20.0", tensorflow_text="2.21.1")

    # Not TensorFlow to its text ops: that would drag protobuf and more along.
    assert finding.mend == f'{PIP} "tensorflow-text==2.20.*"'


def test_two_packages_that_need_the_same_are_one_finding():
    needs = {"tensorflow": TF_NEEDS[:1], "tensorboard": TF_NEEDS[:1]}

    findings = pairs(needs, tensorflow="2.21.0", tensorboard="2.21.0", protobuf="5.0")

    assert len(findings) == 1


def test_packages_that_fit_are_one_line():
    needs = {"tensorflow": [], "tensorflow_text": TEXT_NEEDS}

    (finding,) = pairs(needs, tensorflow="2.21.0", tensorflow_text="2.21.1")

    assert str(finding) == "ok    the packages fit each other"


def test_what_is_out_of_range_itself_is_not_fitted_to():
    lines = ["tensorflow>=2.20", "tensorflow-text"]
    installed = versions(tensorflow="2.19.0", tensorflow_text="2.21.1")

    (finding,) = check_pairs(
        lines, installed, lambda name: TEXT_NEEDS if "text" in name else []
    )

    assert not finding.mend  # `check_requirements` says what TensorFlow must be


def test_what_is_missing_is_told_once_not_by_each_package_that_needs_it():
    needs = {"tensorflow": [], "tensorflow_text": TEXT_NEEDS}

    (finding,) = pairs(needs, tensorflow_text="2.21.1")

    assert not finding.mend


def test_hosted_notebooks_lack_packages_but_none_is_to_be_replaced():
    findings = check_requirements(read_requirements(), versions(**COLAB))

    replaced = [f.text for f in findings if f.mend and "not installed" not in f.text]
    assert replaced == []
    assert any(f.mend and f.text.startswith("keras-tuner ") for f in findings)


def test_this_environment_meets_every_requirement():
    lines = read_requirements()

    findings = [*check_requirements(lines), *check_pairs(lines)]

    assert [finding.text for finding in findings if finding.mend] == []
    assert len(findings) > 15


def test_every_mend_of_the_packages_is_a_command_of_this_interpreter():
    findings = check_requirements(read_requirements(), versions())

    assert all(finding.mend.startswith(PIP) for finding in findings)
    assert INSTALL.startswith(PIP)
