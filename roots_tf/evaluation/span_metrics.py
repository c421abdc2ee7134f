"""Scores of answers that are spans of a passage: exact match and overlap (F1).

Article: §3.3.1, §4.3.1 (评估指标), §6 (3. 问答系统).

    exact match    1 if prediction and answer are equal after normalising, else 0
    F1             2 P R / (P + R),  P = common / predicted,  R = common / true

in tokens; of several right answers the one counts that scores best; then the mean over
the questions, here from 0 to 1 (the scripts multiply by 100).

English, the script of SQuAD 1.1: lower case, no punctuation, no articles; tokens by
white space; common: the tokens of both as bags. Chinese, the script of CMRC 2018: lower
case, without a list of punctuation marks; each Han character is a token; common: the
longest run that both have, so that the order counts.

The script of CMRC leaves what is not Han to NLTK's ``word_tokenize``; here it is cut
into words, numbers and single marks, so that the two differ in forms such as "don't".

Source: Rajpurkar et al. 2016 (1606.05250), §6.1, and ``evaluate-v1.1.py``; Cui et al.
    2019 (1810.07366), and ``cmrc2018_evaluate.py``.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

LANGUAGES = ("en", "zh")

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ENGLISH_MARKS = str.maketrans("", "", string.punctuation)
# The list of the script. (Its "……" is two characters, so that it never meets one.)
_CHINESE_MARKS = str.maketrans(
    "", "", "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"
)
_CHINESE_TOKEN = re.compile(
    "[\u4e00-\u9fa5]|[0-9]+(?:[.,][0-9]+)*|[^\\W\u4e00-\u9fa5]+|[^\\w\\s]"
)


def answer_scores(
    predictions: Sequence[str], answers: Sequence[Sequence[str]], language: str
) -> dict[str, float]:
    """Gives ``exact_match`` and ``f1``, means over N questions, each from 0 to 1.

    Args:
        predictions: N texts; an empty one is no answer.
        answers: of each question one right answer or more.
        language: "en" for SQuAD's definition, "zh" for CMRC's.

    Raises:
        ValueError: another language, other numbers of the two, no question, or a
            question without an answer.

    Example:
        >>> answer_scores(["the Denver Broncos!"], [["Broncos", "Denver"]], "en")
        {'exact_match': 0.0, 'f1': 0.6666666666666666}
    """
    if len(predictions) != len(answers) or not predictions:
        raise ValueError(
            f"expected a prediction for each of one or more questions, got "
            f"{len(predictions)} for {len(answers)}"
        )
    if not all(map(len, answers)):
        raise ValueError("expected an answer or more to each question, got none")
    pairs = list(zip(predictions, answers, strict=True))
    scores = {"exact_match": exact_match, "f1": overlap_f1}
    return {
        name: sum(
            max(score(prediction, answer, language) for answer in right)
            for prediction, right in pairs
        )
        / len(pairs)
        for name, score in scores.items()
    }


def exact_match(prediction: str, answer: str, language: str) -> float:
    """Gives 1.0 for texts that are equal after normalising, else 0.0."""
    same = normalize_answer(prediction, language) == normalize_answer(answer, language)
    return float(same)


def overlap_f1(prediction: str, answer: str, language: str) -> float:
    """Gives the F1 of the tokens that both texts have.

    Example:
        >>> overlap_f1("1990年北京", "北京", "zh")  # common: 北, 京; P = 2/4, R = 1
        0.6666666666666666
    """
    predicted = answer_tokens(prediction, language)
    true = answer_tokens(answer, language)
    if language == "en":
        common = (Counter(predicted) & Counter(true)).total()
    else:
        common = _longest_common_run(predicted, true)
    # 2 P R / (P + R), common / predicted and common / true put in:
    return 2 * common / (len(predicted) + len(true)) if common else 0.0


def normalize_answer(text: str, language: str) -> str:
    """Gives the form in which answers are compared.

    Raises:
        ValueError: another language than those of `LANGUAGES`.

    Example:
        >>> normalize_answer(" The  U.S.,", "en"), normalize_answer("《Abc》：", "zh")
        ('us', 'abc')
    """
    text = text.lower()
    if language == "en":
        text = _ARTICLES.sub(" ", text.translate(_ENGLISH_MARKS))
        return " ".join(text.split())
    if language == "zh":
        return text.strip().translate(_CHINESE_MARKS)
    raise ValueError(f"expected a language of {LANGUAGES}, got {language!r}")


def answer_tokens(text: str, language: str) -> list[str]:
    """Cuts a text into the tokens that ``overlap_f1`` counts."""
    text = normalize_answer(text, language)
    return text.split() if language == "en" else _CHINESE_TOKEN.findall(text)


def _longest_common_run(first: Sequence[str], second: Sequence[str]) -> int:
    """Gives the length of the longest run of tokens that stands in both."""
    longest = 0
    before = [0] * (len(second) + 1)  # of the run that ends at each token of second
    for token in first:
        now = [0]
        for place, other in enumerate(second):
            now.append(before[place] + 1 if token == other else 0)
        longest = max(longest, *now)
        before = now
    return longest
