"""Precision, recall and F1 of entities (命名实体), not of tags.

Article: §3.3.1, §4.3.1 (评估指标), applied to sequence labelling: an entity counts as
found only when its type and both its borders are right.

    P = |true ∩ predicted| / |predicted|    R = |true ∩ predicted| / |true|
    F1 = 2 P R / (P + R) = 2 |true ∩ predicted| / (|true| + |predicted|)

where true and predicted are sets of (sentence, type, start, end); 0 where a denominator
is 0. In the BIO scheme "B-X" opens an entity of type X, "I-X" continues it, "O" is
outside. Taggers also write broken BIO; as in conlleval, an "I-X" that continues nothing
(at the start, after "O" or after another type) opens an entity itself.

Source: conlleval of CoNLL-2000 (Tjong Kim Sang and Buchholz), `startOfChunk` and
`endOfChunk`; Ramshaw and Marcus 1995 (cmp-lg/9505040) for the scheme.
"""

from collections.abc import Sequence


def decode_spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """Read the entities off the tags of one sentence.

    Args:
        tags: T tags, each "O", "B-<type>" or "I-<type>".

    Returns:
        (type, start, end) in order; positions count tokens from 0 and end is the one
        after the last, so that `tokens[start:end]` is the entity.

    Raises:
        ValueError: for any other tag.

    Example:
        >>> decode_spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"])
        [('PER', 0, 2), ('LOC', 3, 4), ('LOC', 4, 5)]
    """
    spans: list[tuple[str, int, int]] = []
    for position, tag in enumerate(tags):
        if tag == "O":
            continue
        prefix, _, kind = tag.partition("-")
        if prefix not in ("B", "I") or not kind:
            raise ValueError(f"expected 'O', 'B-<type>' or 'I-<type>', got {tag!r}")
        continues = prefix == "I" and spans and spans[-1][::2] == (kind, position)
        start = spans.pop()[1] if continues else position
        spans.append((kind, start, position + 1))
    return spans


def entity_scores(
    true_tags: Sequence[Sequence[str]], predicted_tags: Sequence[Sequence[str]]
) -> dict:
    """Compare predicted entities with true ones.

    Args:
        true_tags: N sentences of tags.
        predicted_tags: N sentences of as many tags each.

    Returns:
        {"precision": …, "recall": …, "f1": …, "support": …, "types": {type: the same
        four}}: over all entities (micro average) and for each type that occurs on
        either side, sorted; support is the number of true entities.

    Raises:
        ValueError: if the two differ in length, or for a tag that is not BIO.

    Example:
        >>> scores = entity_scores([["B-PER", "I-PER", "O"]], [["B-PER", "O", "O"]])
        >>> scores["f1"], scores["support"]
        (0.0, 1)
    """
    if list(map(len, true_tags)) != list(map(len, predicted_tags)):
        raise ValueError(
            "expected as many predicted tags as true tags in each sentence, got "
            f"{sum(map(len, predicted_tags))} and {sum(map(len, true_tags))} in "
            f"{len(predicted_tags)} and {len(true_tags)} sentences"
        )
    true, predicted = _entities(true_tags), _entities(predicted_tags)
    types = sorted({kind for _, kind, _, _ in true | predicted})
    return {
        **_scores(true, predicted),
        "types": {
            kind: _scores(_of_type(true, kind), _of_type(predicted, kind))
            for kind in types
        },
    }


def _entities(sentences):
    return {
        (sentence, *span)
        for sentence, tags in enumerate(sentences)
        for span in decode_spans(tags)
    }


def _of_type(entities, kind):
    return {entity for entity in entities if entity[1] == kind}


def _scores(true, predicted):
    hits = len(true & predicted)
    return {
        "precision": hits / len(predicted) if predicted else 0.0,
        "recall": hits / len(true) if true else 0.0,
        "f1": 2 * hits / (len(true) + len(predicted)) if true or predicted else 0.0,
        "support": len(true),
    }
