"""From words of the article, or a line of it, to the sections that they belong to.

Words are known from the titles, the names of modules, the references and the glossary,
in both languages.

Article: §1.3.
"""

import re
from collections.abc import Mapping

from roots_tf import glossary, references


def known_words(sections: Mapping) -> dict[str, set[str]]:
    """The words that lead somewhere, in small letters, with the sections of each.

    Args:
        sections: `Section` by number, as `roots_tf.sections` has them.
    """
    found = {}

    def add(word: str, numbers: set[str]) -> None:
        found.setdefault(_plain(word), set()).update(numbers & set(sections))

    for number, section in sections.items():
        add(section.title_zh, {number})
        add(section.title_en, {number})
        for module in section.modules:
            for name in (module, module.rpartition(".")[2]):
                add(re.sub("[._]", " ", name), {number})
    docstrings, notebooks = glossary.read_docstrings(), glossary.read_notebooks()
    places = glossary.places_of_terms(docstrings, notebooks)
    for term, english in glossary.load()["terms"].items():
        names = [name for kind in places[term] for name in kind]
        names = [name for name in names if name != "10_errata"]  # it has every word
        numbers = {glossary.section_of(name, docstrings) for name in names}
        for word in (term, *english.split(", ")):
            add(word, numbers)
    for reference in references.load().values():
        numbers = {section for section, _ in reference.places}
        add(reference.title, numbers)
        add(reference.printed, numbers)
    return {word: found[word] for word in found if len(word) > 1 and found[word]}


def sections_of_words(text: str, known: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """The five sections at most that a text points at, the surest first.

    A word of one section says more than a word of ten, and many words more than one.

    Args:
        text: a word, a part of one, or a line of the article; either language.
        known: what `known_words` gives.

    Returns:
        By number, the words that lead there, short ones first; empty where none is
        known.
    """
    text, weights, why = _plain(text), {}, {}
    for word, numbers in known.items():
        if _holds(text, word) or len(text) > 1 and _holds(word, text):
            weight = min(_size(word), _size(text)) / len(numbers)
            for number in numbers:
                weights[number] = weights.get(number, 0) + weight
                why.setdefault(number, []).append(word)
    found = sorted(weights, key=lambda number: list(map(int, number.split("."))))
    best = sorted(found, key=weights.get, reverse=True)[:5]
    return {number: sorted(why[number], key=len) for number in best}


def _plain(text: str) -> str:
    """Small letters, one space between words, without Markdown's marks and 《》."""
    return " ".join(re.sub(r"[*`#\\《》]", "", text).casefold().split())


def _holds(text: str, word: str) -> bool:
    """English words are held whole; Chinese has no spaces to tell."""
    edges = (r"(?<![a-z])", r"(?![a-z])") if word.isascii() else ("", "")
    return re.search(re.escape(word).join(edges), text) is not None


def _size(word: str) -> int:
    """In Chinese characters and English words."""
    return len(re.findall(r"[\u4e00-\u9fff]|[a-z0-9]+", word))
