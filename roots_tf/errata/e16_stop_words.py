"""E16: a language model needs its stop words; without them a negation is gone.

Article: §9.2. The classifier is naive Bayes over single words, by hand.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# (words, 1 = praise, 0 = blame); made up for this file.
TRAINING = {
    "zh": (
        ("这 部 电影 好看", 1),
        ("剧情 非常 精彩", 1),
        ("演员 非常 好看", 1),
        ("配乐 精彩 动听", 1),
        ("这 部 电影 不 好看", 0),
        ("剧情 一点 不 精彩", 0),
        ("画面 非常 模糊", 0),
        ("演员 不 自然", 0),
    ),
    "en": (
        ("this film is good", 1),
        ("the plot is very clever", 1),
        ("the actors are very good", 1),
        ("clever and lovely music", 1),
        ("this film is not good", 0),
        ("the plot is not clever", 0),
        ("the pictures are very dull", 0),
        ("the actors are not natural", 0),
    ),
}
TEST = {
    "zh": (
        ("不 好看", 0),
        ("这 配乐 一点 不 精彩", 0),
        ("这 部 非常 好看", 1),
        ("剧情 精彩", 1),
    ),
    "en": (
        ("not good", 0),
        ("this music is not clever", 0),
        ("this is very good", 1),
        ("clever plot", 1),
    ),
}
# The words of these sentences that stop lists in common use hold.
STOP_WORDS = {
    "zh": frozenset("不 这 一点 非常".split()),
    "en": frozenset("not this the is are very and".split()),
}
NEGATIONS = {"zh": "不", "en": "not"}


def naive_bayes_answers(
    training: Sequence[tuple[str, int]],
    texts: Sequence[str],
    dropped: Collection[str] = (),
) -> list[int]:
    """Gives the likelier class of each text.

    ``log P(c) + sum_w log((n_cw + 1) / (N_c + V))``: n_cw counts the word w in class c,
    N_c all words of c, V the different words; words that training has not are skipped.

    Args:
        training: words with spaces between, and their class, 0 or 1; both occur.
        texts: words with spaces between.
        dropped: words that are left out of both.

    Example:
        >>> naive_bayes_answers([("good", 1), ("not good", 0)], ["not good", "good"])
        [0, 1]
    """
    counts = {0: Counter(), 1: Counter()}
    for text, label in training:
        counts[label].update(word for word in text.split() if word not in dropped)
    vocabulary = counts[0].keys() | counts[1].keys()

    def score(text, label):
        texts_of_class = sum(1 for _, of_text in training if of_text == label)
        words = [word for word in text.split() if word in vocabulary]
        total = counts[label].total() + len(vocabulary)
        return math.log(texts_of_class / len(training)) + sum(
            math.log((counts[label][word] + 1) / total) for word in words
        )

    return [int(score(text, 1) > score(text, 0)) for text in texts]


def right_answers(language: str, dropped: Collection[str] = ()) -> int:
    """Counts the test sentences of a language, of 4, that are classified rightly.

    Args:
        language: "zh" or "en".
        dropped: the stop words that are removed.

    Example:
        >>> right_answers("zh"), right_answers("zh", STOP_WORDS["zh"])
        (4, 2)
    """
    texts, labels = zip(*TEST[language], strict=True)
    answers = naive_bayes_answers(TRAINING[language], texts, dropped)
    return sum(answer == label for answer, label in zip(answers, labels, strict=True))


def comparison() -> Comparison:
    """Counts right answers without stop words and with them."""
    return Comparison(
        "right answers of 4",
        "language",
        list(TEST),
        {
            "printed": [right_answers(name, STOP_WORDS[name]) for name in TEST],
            "right": [right_answers(name) for name in TEST],
        },
    )


def _row(language):
    every = STOP_WORDS[language]
    kept = every - {NEGATIONS[language]}
    counts = (right_answers(language, dropped) for dropped in ((), kept, every))
    return f"| {language} | " + " | ".join(f"{count} of 4" for count in counts) + " |"


_NUMBERS = f"""\
Eight training and four test sentences, naive Bayes over single words; right answers:

| | nothing removed | stop words but 不 / not removed | stop words removed |
| --- | --- | --- | --- |
{_row("zh")}
{_row("en")}

The answers lost are the sentences with the negation: without it, "不 好看" and
"not good" are praise.
"""

ENTRY = Erratum(
    id="E16",
    grade="A",
    sections=("9.2",),
    title="Stop words stay in the text that a language model is trained on.",
    printed="""
    §9.2, step 1 of training a large language model: clean the text, such as by
    segmenting it and removing stop words (去停用词).
    """,
    right="""
    Nothing is removed. A language model predicts each token from those before it; of a
    text without 的, 了, 不 it learns a language that nobody writes, and cannot write
    ours. Removing stop words is for what counts words: retrieval, topics, a bag of
    words. And there the negations have to stay, though lists in common use hold them.
    """,
    source="""
    Devlin et al. 2018 (1810.04805), §3.1: long sequences of contiguous text; Brown et
    al. 2020 (2005.14165), §2.2. Naive Bayes: Manning, Raghavan,
    Schütze 2008, *Introduction to Information Retrieval*, §13.2; stop lists, §2.2.2.
    """,
    numbers=_NUMBERS,
)
