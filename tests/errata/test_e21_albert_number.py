"""E21: how few parameters ALBERT has."""

from roots_tf.errata.e21_albert_number import ENTRY, PRINTED, RIGHT, albert_parameters
from roots_tf.models.albert import AlbertConfig


def test_the_count_is_that_of_the_models_own_closed_form():
    assert albert_parameters() == AlbertConfig.base().parameter_count
    # Table 1 of the paper: 12 M, 18 M, 60 M, 235 M.
    sizes = {(768, 3072): 12, (1024, 4096): 18, (2048, 8192): 60, (4096, 16384): 235}
    for (hidden, inner), millions in sizes.items():
        counted = albert_parameters(hidden_size=hidden, intermediate_size=inner)
        assert abs(counted / 1e6 - millions) < 0.06 * millions  # the paper rounds


def test_albert_has_about_a_tenth_of_berts_parameters():
    assert "| ALBERT-base | 11,683,584 (10.7%) |" in ENTRY.numbers
    assert "| BERT-base | 109,482,240 |" in ENTRY.numbers


def test_the_entry_names_both_numbers():
    assert PRINTED in ENTRY.printed
    assert RIGHT in ENTRY.right
