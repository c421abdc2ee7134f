"""Packing for an encoder: the rule of truncation, segments, mask, what was cut."""

import itertools

import pytest
import tensorflow as tf

from roots_tf.text.packing import pack, segments_of

pytest.importorskip("tensorflow_text")

CLS, SEP, PAD = 2, 3, 0
SPECIAL = {"[CLS]": CLS, "[SEP]": SEP}


def ragged(rows):
    return tf.ragged.constant(rows, dtype=tf.int32, ragged_rank=1)


def truncated(first: list, second: list, room: int) -> tuple[list, list]:
    """BERT's released ``truncate_seq_pair``: one token at a time from the longer."""
    first, second = list(first), list(second)
    while len(first) + len(second) > room:
        (first if len(first) > len(second) else second).pop()
    return first, second


def test_pairs_are_those_of_the_rule_for_all_small_lengths():
    lengths = list(itertools.product(range(7), range(7)))
    first = [[10 + n for n in range(a)] for a, _ in lengths]
    second = [[20 + n for n in range(b)] for _, b in lengths]

    for max_length in range(4, 17):
        packed = pack(ragged(first), ragged(second), SPECIAL, PAD, max_length, True)

        for row, (a, b) in enumerate(zip(first, second, strict=True)):
            kept_a, kept_b = truncated(a, b, max_length - 3)
            ids = [CLS, *kept_a, SEP, *kept_b, SEP]
            filling = [PAD] * (max_length - len(ids))
            segments = [0] * (len(kept_a) + 2) + [1] * (len(kept_b) + 1)
            assert packed.token_ids[row].numpy().tolist() == ids + filling
            assert packed.segment_ids[row].numpy().tolist() == segments + filling
            mask = [True] * len(ids) + [False] * len(filling)
            assert packed.padding_mask[row].numpy().tolist() == mask
            cut = len(a) + len(b) - len(kept_a) - len(kept_b)
            assert packed.tokens_cut[row] == cut


@pytest.mark.parametrize("max_length", [8, 9])
def test_pairs_are_hugging_faces_where_the_first_is_the_longer(max_length):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = {"[PAD]": 0, "[CLS]": 2, "[SEP]": 3, **{f"w{n}": 4 + n for n in range(20)}}
    peer = Tokenizer(models.WordLevel(words, unk_token="[PAD]"))
    peer.pre_tokenizer = pre_tokenizers.Whitespace()
    peer.post_processor = processors.BertProcessing(("[SEP]", SEP), ("[CLS]", CLS))
    peer.enable_truncation(max_length, strategy="longest_first")
    peer.enable_padding(length=max_length)

    # Hugging Face gives an odd token to the longer text, BERT's code to the first.
    for a, b in [(9, 3), (9, 8), (4, 2), (1, 0), (12, 11)]:
        first, second = list(range(4, 4 + a)), list(range(6, 6 + b))
        text = [" ".join(f"w{id - 4}" for id in ids) for ids in (first, second)]
        row = peer.encode(*text)

        packed = pack(ragged([first]), ragged([second]), SPECIAL, PAD, max_length, True)

        assert packed.token_ids[0].numpy().tolist() == row.ids
        assert packed.segment_ids[0].numpy().tolist() == row.type_ids
        assert packed.padding_mask[0].numpy().astype(int).tolist() == row.attention_mask


def test_single_texts_are_cut_at_the_end_and_filled_to_the_longest():
    packed = pack(ragged([[5, 6, 7], [], [8]]), None, SPECIAL, 9, max_length=4)

    assert packed.token_ids.numpy().tolist() == [
        [CLS, 5, 6, SEP],
        [CLS, SEP, 9, 9],
        [CLS, 8, SEP, 9],
    ]
    assert packed.tokens_cut.numpy().tolist() == [1, 0, 0]
    assert not packed.segment_ids.numpy().any()
    assert packed.padding_mask.numpy().sum(axis=1).tolist() == [4, 2, 3]


def test_a_second_text_is_never_pushed_out_by_a_long_first_one():
    packed = pack(ragged([[5] * 500]), ragged([[7, 8]]), SPECIAL, PAD, 10)

    assert packed.token_ids[0].numpy().tolist() == [CLS, *[5] * 5, SEP, 7, 8, SEP]


def test_inside_tf_data_a_batch_has_the_full_width():
    texts = tf.data.Dataset.from_tensor_slices(ragged([[5, 6], [7], [8], []]))
    batches = texts.ragged_batch(2).map(
        lambda ids: pack(ids, None, SPECIAL, PAD, 6, fill=True)
    )

    shapes = [batch.token_ids.shape for batch in batches]

    assert shapes == [(2, 6), (2, 6)]
    assert batches.element_spec.padding_mask.dtype == tf.bool
    assert batches.element_spec.token_ids.shape[1] == 6


@pytest.mark.parametrize(("pair", "least"), [(False, 3), (True, 4)])
def test_a_length_without_room_is_refused(pair, least):
    second = ragged([[1]]) if pair else None

    with pytest.raises(ValueError, match=f"{least} or more, got {least - 1}"):
        pack(ragged([[1]]), second, SPECIAL, PAD, least - 1)


def test_segments_are_told_by_the_separators_as_packing_tells_them():
    first = ragged([[5, 6, 7], [8], [], [9] * 9])
    second = ragged([[8], [5, 5, 5, 5], [6], []])

    for texts in ((first, second), (first, None)):
        packed = pack(*texts, SPECIAL, PAD, max_length=8)

        found = segments_of(packed.token_ids, SEP, PAD)

        assert found.numpy().tolist() == packed.segment_ids.numpy().tolist()
