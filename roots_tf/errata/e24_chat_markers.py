"""E24: marks of a chat program stand in the article's text.

Article: §8, §10. Nothing of the article is kept here: give `chat_markers` its text.
"""

import re
from collections import Counter

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# Special tokens are written so: <|im_start|>, <|im_end|>, <|endoftext|>.
_MARKER = re.compile(r"<\|[a-z0-9_]+\|>")
# Where `<|im_end|>` stands in the article.
PLACES = ("after the last reference of §10", "at the end of the closing paragraph")


def chat_markers(text: str) -> dict[str, int]:
    """Counts the special tokens of language models that stand in a text.

    Example:
        >>> chat_markers("thank you for reading!<|im_end|>")
        {'<|im_end|>': 1}
    """
    return dict(Counter(_MARKER.findall(text)))


def messages(text: str) -> list[str]:
    """Gives the messages that a chat model sees, if marks in a text count as marks.

    Each ends at a `<|im_end|>`; what has no more than spaces is none.

    Example:
        >>> messages("one <|im_end|> two")
        ['one', 'two']
    """
    parts = (part.strip() for part in text.split("<|im_end|>"))
    return [part for part in parts if part]


def comparison() -> Comparison:
    """Counts marks and messages of the article's end, as it stands and cleaned."""
    forms = {"printed": _SKETCH, "right": _MARKER.sub("", _SKETCH)}
    return Comparison(
        "number in the text",
        "kind",
        ["marks", "messages"],
        {
            form: [sum(chat_markers(text).values()), len(messages(text))]
            for form, text in forms.items()
        },
    )


_SKETCH = "the article and its references <|im_end|> a closing paragraph <|im_end|>"
_NUMBERS = f"""\
`<|im_end|>` stands in the article {len(PLACES)} times: {PLACES[0]}, and {PLACES[1]}.
Read by a model to which it is a special token, the article is
{len(messages(_SKETCH))} messages, and the first one ends before the closing paragraph.
"""

ENTRY = Erratum(
    id="E24",
    grade="C",
    sections=("8", "10"),
    title="Marks of a chat program stand in the text; §8 names trends and no method.",
    printed="""
    The mark `<|im_end|>` behind the last reference and behind the last sentence. §8
    gives four trends (scale, several modalities, one domain, privacy) a sentence each.
    """,
    right="""
    `<|im_end|>` ends a message in ChatML, the form in which chat models are given a
    conversation. It belongs to no text, and tells that this one was generated and not
    read again: a reason to check each of its statements, as this list does. Whoever
    collects texts to train on looks for such marks, and removes them or the text;
    whoever turns a user's text into tokens lets no mark in it count as one. §8 is no
    error, but says nothing that could be run; the section table in README.md names what
    this project has for §8.1 to §8.4.
    """,
    source="""
    OpenAI 2023, *Chat Markup Language* (ChatML), in the repository
    openai/openai-python; special tokens in plain text: the documentation of tiktoken,
    `Encoding.encode`, argument `disallowed_special`.
    """,
    numbers=_NUMBERS,
)
