"""Tasks made of the embedded docstrings, with answers that their authors wrote.

Article: §5.2, §5.3.3 step 1 (数据预处理), §6 (3. 问答系统).

* Pairs: is the second paragraph the one that follows the first in its docstring, or is
  it from another docstring of the same library? Names are masked, see
  ``docstrings.mask_identifiers``. Each paragraph is in one pair.
* Tags: what does a name stand for? Sphinx' roles (``:func:`sum```) mark functions,
  classes, methods, attributes, modules and exceptions. The marks are taken off, and are
  the entities to be found; sentences without any are left out.
* Questions: ``What is axis?`` and ``What type is axis?``; the answer is the first
  sentence of the parameter's description, or its type, in numpydoc's sections. They
  are questions of two forms only: an exercise, no measure of reading.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from roots_tf.datasets import splits
from roots_tf.datasets.classification import TextClassificationData, TextExamples
from roots_tf.datasets.docstrings import MASK, docstring_corpus, mask_identifiers
from roots_tf.datasets.reading_comprehension import (
    Answer,
    Question,
    ReadingComprehensionData,
    divide_questions,
)

ROLES = {
    "attr": "attribute",
    "class": "class",
    "exc": "exception",
    "func": "function",
    "meth": "method",
    "mod": "module",
}
PAIR_LABELS = ("other", "follows")

_MOST_PAIRS = 4000
_MOST_PASSAGES = 800
_LONGEST_PASSAGE = 1500  # characters
_LONGEST_ANSWER = 20  # words
_LEAST_WORDS = 6  # of a paragraph, not counting masks

_PROSE = re.compile(r"(?!.*--)[A-Z][^>|`:=]*\.", re.DOTALL)
_ROLE = re.compile(r":(?:py:)?([a-z]+):`([^`]+)`")
_TOKEN = re.compile(r"\w+(?:[.'-]\w+)*|[^\w\s]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_PARAMETER = re.compile(
    r"^(?P<name>[a-z]\w*) : (?P<type>[^\n,;({]*[^\s,;({])[^\n]*\n"
    r" {4}(?P<meaning>[A-Z`][^.]+)\.\s",
    re.MULTILINE,
)


def docstring_pairs() -> TextClassificationData:
    """Makes the pairs: texts are ``first TAB second``, labels index `PAIR_LABELS`."""
    seen, rows = set(), []
    for document in _by_hash():
        texts = _first_paragraphs(document.text)
        if texts and not seen.intersection(texts):
            seen.update(texts)
            rows.append(("\t".join(texts), document.library))
        if len(rows) == _MOST_PAIRS:
            break
    divided, _ = splits.divide({"all": rows})
    parts = {part: _with_others(found) for part, found in divided.items()}
    return TextClassificationData("docstrings", "en", PAIR_LABELS, **parts)


def docstring_sentences() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Makes the tagged sentences: (tokens, BIO tags) of the types of `ROLES`."""
    found = []
    for document in _by_hash():
        if not _ROLE.search(document.text):
            continue
        for paragraph in re.split(r"\n\s*\n", document.text):
            if ">>>" in paragraph or "::" in paragraph:
                continue
            for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
                tokens, tags = _tagged(sentence)
                if any(tag != "O" for tag in tags):
                    found.append((tokens, tags))
    return found


def docstring_questions() -> ReadingComprehensionData:
    """Makes the questions: two a docstring, about different parameters."""
    questions, passages = [], 0
    for document in _by_hash():
        if len(document.text) > _LONGEST_PASSAGE:
            continue
        rows = list(_PARAMETER.finditer(document.text))
        if len({row["name"] for row in rows}) < max(2, len(rows)):
            continue
        meant, typed = rows[0], rows[-1]
        if len(meant["meaning"].split()) > _LONGEST_ANSWER:
            continue
        for row, field, form in (
            (meant, "meaning", "What is {}?"),
            (typed, "type", "What type is {}?"),
        ):
            answer = Answer(row[field], row.start(field))
            text = form.format(row["name"])
            questions.append(Question(document.text, text, (answer,)))
        passages += 1
        if passages == _MOST_PASSAGES:
            break
    return divide_questions("docstrings", "en", {"all": questions}, Counter())


def _by_hash():
    """The documents in the order of a hash, so that any part has all libraries."""
    # Not of their texts: by that the parts are divided.
    names = {document: document.qualified_name for document in docstring_corpus()}
    return sorted(names, key=lambda found: (splits.text_digest(names[found]), found))


def _first_paragraphs(text: str) -> tuple[str, str] | None:
    """Gives the first two paragraphs, masked, if both are prose."""
    paragraphs = re.split(r"\n\s*\n", text)[:2]
    if len(paragraphs) < 2 or not all(map(_PROSE.fullmatch, paragraphs)):
        return None
    masked = [" ".join(mask_identifiers(text).split()) for text in paragraphs]
    words = [re.findall(r"[^\W\d_]+", text.replace(MASK, "")) for text in masked]
    return tuple(masked) if min(map(len, words)) >= _LEAST_WORDS else None


def _with_others(rows: list[tuple[str, str]]) -> TextExamples:
    """Gives every other pair of a library the second text of the next such pair."""
    of_library = defaultdict(list)
    for place, (_, library) in enumerate(rows):
        of_library[library].append(place)
    texts = [text for text, _ in rows]
    labels = np.ones(len(rows), np.int32)
    for places in of_library.values():
        changed = places[::2]
        if len(changed) > 1:
            for place, other in zip(changed, changed[1:] + changed[:1], strict=True):
                first, second = rows[place][0].split("\t")[0], rows[other][0]
                texts[place] = first + "\t" + second.split("\t")[1]
            labels[changed] = 0
    return TextExamples(tuple(texts), labels)


def _tagged(sentence: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    tokens, tags = [], []
    for text, kind in _pieces(sentence):
        words = _TOKEN.findall(text)
        tokens += words
        if kind and words:
            tags += ["B-" + kind] + ["I-" + kind] * (len(words) - 1)
        else:
            tags += ["O"] * len(words)
    return tuple(tokens), tuple(tags)


def _pieces(sentence: str) -> Iterator[tuple[str, str]]:
    """Cuts a sentence at its roles: texts with the type of entity, "" for none."""
    end = 0
    for role in _ROLE.finditer(sentence):
        yield sentence[end : role.start()].replace("`", ""), ""
        # :class:`title <target>` shows the title, :func:`~a.b` the last name alone.
        shown = role[2].partition("<")[0].strip() or role[2]
        if shown.startswith("~"):
            shown = shown.rpartition(".")[2].lstrip("~")
        yield shown, ROLES.get(role[1], "")
        end = role.end()
    yield sentence[end:].replace("`", ""), ""
