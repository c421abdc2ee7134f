"""The answer that needs no training: the sentence that is most like the question.

What a model that extracts spans has to beat. A sentence is rarely the answer alone, so
its exact match is next to nothing; its F1 tells how much of a score comes from finding
the right place.

Article: §6 (3. 问答系统).
Source: after the sliding window of Rajpurkar et al. 2016 (1606.05250), §5.1.
"""

from roots_tf.applications.lead_summary import sentences_of
from roots_tf.text.search_terms import search_terms


def nearest_sentence(question: str, passage: str, language: str) -> str:
    """Gives the sentence with the most different terms of the question.

    Of equals the first; of a passage without sentences the empty text.

    Args:
        question: any text.
        passage: any text.
        language: "en", or "zh", where a dot behind a character ends a sentence too.

    Example:
        >>> nearest_sentence("Who wrote it?", "It is long. Li Bai wrote it.", "en")
        'Li Bai wrote it.'
    """
    asked = set(search_terms(question))
    return max(
        sentences_of(passage, language),
        key=lambda sentence: len(asked.intersection(search_terms(sentence))),
        default="",
    )
