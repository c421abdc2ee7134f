"""E15: how much of a language model are its token vectors; one-hot vectors."""

import numpy as np

from roots_tf.errata.e15_word_vectors_and_llms import ENTRY, token_table_shares


def test_token_tables_are_a_fifth_and_a_third_of_the_models():
    shares = token_table_shares()

    assert shares["BERT-base"] == (30_522 * 768, 30_522 * 768 / 109_482_240)
    assert shares["GPT-2 small"] == (50_257 * 768, 50_257 * 768 / 124_439_808)
    assert "| BERT-base | 23,440,896 | 21.4% |" in ENTRY.numbers
    assert "| GPT-2 small | 38,597,376 | 31.0% |" in ENTRY.numbers


def test_one_hot_vectors_are_all_equally_far_apart():
    one_hot = np.eye(50)

    differences = one_hot[:, None] - one_hot[None]  # (50, 50, 50)

    others = ~np.eye(50, dtype=bool)
    distances = np.linalg.norm(differences, axis=-1)[others]
    assert np.unique(distances.round(3)).tolist() == [1.414]
    assert not (one_hot @ one_hot.T)[others].any()
    assert "distance 1.414, cosine 0" in ENTRY.numbers
