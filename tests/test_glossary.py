"""GLOSSARY.md is what docstrings and notebooks say; nothing of theirs is missing."""

import re

import pytest

from roots_tf import glossary
from roots_tf.sections import SECTIONS

LISTS = glossary.load()
DOCSTRINGS = glossary.read_docstrings()
NOTEBOOKS = glossary.read_notebooks()
PLACES = glossary.places_of_terms(DOCSTRINGS, NOTEBOOKS)
LETTERS = glossary.modules_by_letter(DOCSTRINGS)


def test_the_glossary_is_in_step():
    written = glossary.DOCUMENT.read_text(encoding="utf-8")

    assert written == glossary.markdown(), "python -m roots_tf.glossary"


def test_every_term_that_a_docstring_or_a_notebook_introduces_is_listed():
    unlisted = {
        term: places
        for term, places in PLACES.items()
        if term not in LISTS["terms"] and term not in LISTS["no terms"]
    }

    assert unlisted == {}, "they belong in roots_tf/glossary.ini"


@pytest.mark.parametrize("term", [*LISTS["terms"], *LISTS["no terms"]])
def test_every_listed_term_stands_where_the_glossary_says(term):
    modules, notebooks = PLACES.get(term, ([], []))

    assert modules or notebooks, "no docstring and no notebook has it in parentheses"
    assert all(term in "".join(DOCSTRINGS[name][0].split()) for name in modules)
    for name in notebooks:
        assert any(term in "".join(text.split()) for text in NOTEBOOKS[name])


def test_every_place_has_a_section_of_the_article():
    for modules, notebooks in PLACES.values():
        for name in (*modules, *notebooks):
            section = glossary.section_of(name, DOCSTRINGS)
            of_none = name.endswith("__init__") or name == "00_start_here"
            assert (section == "") if of_none else (section in SECTIONS), name


@pytest.mark.parametrize("row", LETTERS)
def test_every_letter_of_a_shape_has_a_meaning_and_stands_in_a_docstring(row):
    assert row in LISTS["shapes"], f"{LETTERS[row]}: what does {row} mean there?"
    assert LETTERS[row], "no public docstring has a shape with it"


@pytest.mark.parametrize("symbol", LISTS["formulas"])
def test_every_symbol_stands_in_the_docstring_that_is_named(symbol):
    module, meaning, shape = LISTS["formulas"][symbol].split(" > ")

    letter = rf"(?<![A-Za-z_]){re.escape(symbol)}(?![A-Za-z])"
    assert re.search(letter, DOCSTRINGS[module][0])
    assert meaning.count(" | ") == 1 and shape


def test_the_letters_of_the_conventions_are_all_there(project):
    text = (project / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sentence = " ".join(text.split()).partition("Shape letters: ")[2].partition(". ")[0]

    letters = re.findall(r"\b[A-Z]\b", sentence)

    assert len(letters) == 9
    assert set(letters) <= set(LISTS["shapes"])


def test_what_is_in_parentheses_is_a_term_only_if_it_is_nothing_else():
    text = """Attention (注意力), precision (精确率; eq. 2), of §2.5 (架构) and
    §3.1.1 step 1 (输入处理), the sentence (他走了。), LoRA (低秩适配, LoRA).
    """

    assert glossary.terms_in(text) == ["注意力", "精确率", "低秩适配"]


def test_a_shape_is_told_from_a_function_of_letters():
    text = "f(Q, K), (B, T_max, 2 H) and (N, side, side, 3), (R,); (A) (Mikolov, U)"

    assert glossary.letters_in(text) == {"B", "T", "H", "N", "R"}


def test_the_narrowest_meaning_of_a_letter_counts():
    docstrings = dict.fromkeys(("transformer.x", "decoding.beam_search"), ["(B, K)"])

    found = glossary.modules_by_letter(docstrings)

    assert found["K"] == ["transformer.x"]
    assert found["K: decoding.beam_search"] == ["decoding.beam_search"]


def test_it_is_printed_as_it_is_written(tmp_path, capsys):
    glossary.main([], tmp_path / "GLOSSARY.md")
    glossary.main(["--markdown"])

    assert (tmp_path / "GLOSSARY.md").read_text("utf-8") == capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["GLOSSARY.md"]
