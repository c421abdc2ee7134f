"""Every formula of the article has code, a test, a cell and its erratum, all there."""

import ast
import functools
import importlib
from collections import Counter
from pathlib import Path

import pytest

from roots_tf.formulas import cell_of, cells, load
from roots_tf.sections import SECTIONS, main

ROOT = Path(__file__).resolve().parents[1]
# Counted in the article, not in the list.
DISPLAYED = {"4.1.1": 2, "4.1.2": 1, "4.2.1": 2, "4.2.2": 4, "4.3.1": 4}

each = pytest.mark.parametrize(
    "formula", load(), ids=lambda one: f"{one.section} ({one.number})"
)


def test_there_are_as_many_as_the_article_displays():
    counted = Counter(formula.section for formula in load())

    assert counted == DISPLAYED
    for section, count in counted.items():
        numbers = [one.number for one in load() if one.section == section]
        assert numbers == list(range(1, count + 1))


@each
def test_its_code_is_in_a_module_of_its_section(formula):
    module = importlib.import_module(f"roots_tf.{formula.module}")

    assert callable(functools.reduce(getattr, formula.name.split("."), module))
    assert formula.module in SECTIONS[formula.section].modules


@each
def test_its_test_is_there(formula):
    file, name = formula.test

    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))

    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    assert len(found) == 1
    assert any(isinstance(node, ast.Assert) for node in ast.walk(found[0])) or any(
        isinstance(node, ast.Attribute) and node.attr.startswith("assert_")
        for node in ast.walk(found[0])
    )


@each
def test_its_cell_is_in_a_notebook_of_its_section(formula):
    assert formula.notebook in SECTIONS[formula.section].notebooks
    assert "[markdown]" in cells(formula.notebook)[cell_of(formula) - 1].splitlines()[0]


@each
def test_its_erratum_is_of_its_section(formula):
    assert set(formula.errata) <= set(SECTIONS[formula.section].errata)
    assert bool(formula.errata) == bool(formula.right)


def test_the_command_prints_formulas_first(capsys):
    main(["4.2.2"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  formulas   (1) wₖ ← wₖ − α · ∂Loss/∂wₖ"
    assert "    right: w ← w − α · m̂ / (√v̂ + ε), " in "\n".join(lines)
