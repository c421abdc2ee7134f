"""Are the right packages installed, and do they fit each other?

Article: §5.1. Erratum: E22.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata

from roots_tf.doctor.finding import INSTALL, PROJECT, PYTHON, Finding, pip_install

# Each unpacks over the files of the other, or is the deprecated form of it.
CONFLICTS = {"tensorflow-cpu": "tensorflow", "pynvml": "nvidia-ml-py"}
# These have no wheel: pip fails where its settings allow wheels alone.
SOURCE_ALONE = frozenset({"jieba", "rouge-score", "seqeval"})
# Made for one minor version of another package, to which it must be fitted.
MADE_FOR = {"tensorflow-text": "tensorflow"}


def check_python(version: tuple[int, ...] = sys.version_info[:2]) -> Finding:
    """Python 3.10 to 3.13: tensorflow-text has wheels for these."""
    text = f"Python {version[0]}.{version[1]}"
    if (3, 10) <= version < (3, 14):
        return Finding(text)
    return Finding(
        f"{text}: expected 3.10 to 3.13",
        "python3.11 -m venv .venv && .venv/bin/python -m pip install -r "
        "requirements.txt",
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
        import packaging.requirements  # noqa: F401
    except ImportError:
        return [Finding("the requirements are not installed", INSTALL)]
    findings, wanted = [], {}
    for requirement in _that_apply(lines):
        name = requirement.name
        wanted[name] = str(requirement)
        has = _version_or_none(name, version_of)
        if has and requirement.specifier.contains(has, prereleases=True):
            findings.append(Finding(f"{name} {has}"))
            continue
        mend = pip_install(str(requirement))
        if name in SOURCE_ALONE:
            mend += f" --no-binary {name}"
        text = f"{name} {has or 'is not installed'}: expected {requirement.specifier}"
        findings.append(Finding(text, mend))
    for intruder, kept in CONFLICTS.items():
        if _version_or_none(intruder, version_of):
            again = pip_install(wanted.get(kept, kept))
            findings.append(
                Finding(
                    f"{intruder} is installed beside {kept}",
                    f"{PYTHON} -m pip uninstall -y {intruder} && {again} "
                    "--force-reinstall --no-deps",
                )
            )
    return findings


def check_pairs(
    lines: Iterable[str],
    version_of: Callable[[str], str] = metadata.version,
    requires_of: Callable[[str], list[str] | None] = metadata.requires,
) -> list[Finding]:
    """Compares what the installed requirements need themselves with what is installed.

    That finds pairs of versions that do not fit, such as a new TensorFlow and an old
    protobuf, or TensorFlow and tensorflow-text of different minor versions.

    Args:
        lines, version_of: as `check_requirements`, which says what is missing of them.
        requires_of: gives the needs of an installed distribution, or raises
            `PackageNotFoundError`.
    """
    try:
        import packaging.requirements  # noqa: F401
    except ImportError:
        return []
    # Of those that are missing or out of range another finding speaks already.
    right, others = {}, set()
    for requirement in _that_apply(lines):
        version = _version_or_none(requirement.name, version_of)
        if version and requirement.specifier.contains(version, prereleases=True):
            right[requirement.name] = version
        else:
            others.add(requirement.name)
    found = {}
    for name, version in right.items():
        for needed in _that_apply(requires_of(name) or []):
            has = _version_or_none(needed.name, version_of)
            if has and needed.specifier.contains(has, prereleases=True):
                continue
            if needed.name in others:
                continue
            text = (
                f"{name} {version} needs {needed.name} {needed.specifier}, "
                f"here is {has or 'none'}"
            )
            mend = pip_install(f"{needed.name}{needed.specifier}")
            if MADE_FOR.get(name) == needed.name:
                minor = ".".join(has.split(".")[:2])
                mend = pip_install(f"{name}=={minor}.*")
            found.setdefault(mend, Finding(text, mend))
    return list(found.values()) or [Finding("the packages fit each other")]


def _that_apply(lines: Iterable[str]) -> Iterator:
    """Gives the requirements that hold here: of this platform, and of no extra."""
    from packaging.requirements import Requirement

    for requirement in map(Requirement, lines):
        if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            requirement.marker = None
            yield requirement


def _version_or_none(name: str, version_of: Callable[[str], str]) -> str | None:
    try:
        return version_of(name)
    except metadata.PackageNotFoundError:
        return None
