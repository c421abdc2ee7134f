"""Every erratum compares both forms; the numbers are those that its entry states."""

import math

import numpy as np
import pytest

from roots_tf.errata.comparison import Comparison, compare
from roots_tf.errata.erratum import load, modules

ENTRIES = {entry.id: entry for entry in load()}


@pytest.fixture(scope="module")
def comparisons():
    """All of them, computed once."""
    return {id: compare(id) for id in modules()}


@pytest.mark.parametrize("id", modules())
def test_the_printed_and_the_right_form_differ_unless_the_article_is_right(
    id, comparisons
):
    values = comparisons[id].values

    printed, right = np.array(values["printed"]), np.array(values["right"])
    same = np.allclose(printed, right, rtol=1e-12)
    assert same is (ENTRIES[id].grade == "R")


@pytest.mark.parametrize("id", modules())
def test_every_value_of_the_right_form_is_a_number_and_places_rise(id, comparisons):
    comparison = comparisons[id]

    assert np.isfinite(comparison.values["right"]).all()
    if comparison.is_curve:
        places = list(comparison.places)
        assert all(isinstance(place, int) for place in places)
        assert places == sorted(set(places))
    else:
        assert len(set(comparison.places)) == len(comparison.places)
    if comparison.logarithmic:
        assert min(map(min, comparison.values.values())) > 0


def test_the_printed_cbow_loss_to_the_letter_leaves_the_words_as_they_were(comparisons):
    printed, right, _ = comparisons["E01"].values.values()

    assert len(set(printed)) == 1
    # Six words, vectors near 0: each has about 1/6.
    assert printed[0] == pytest.approx(math.log(6), abs=0.05)
    assert right[-1] < 0.01 and sorted(right, reverse=True) == list(right)


def test_only_the_pairs_of_words_tell_two_texts_apart(comparisons):
    printed, right = comparisons["E03"].values.values()

    # "a b a b c d c d": a and b are neighbours 3 times, a and c 2 apart once.
    assert list(printed) == [2, 2, 2, 2]
    assert list(right) == [3, 0.5, 0.5, 3]


def test_the_printed_glove_loss_falls_until_it_is_no_number(comparisons):
    printed, right = comparisons["E04"].values.values()

    assert math.isnan(printed[-1])
    assert printed[0] == pytest.approx(math.log(0.9))
    assert sorted(printed[:-1], reverse=True) == printed[:-1]
    assert 0 < right[-1] < right[0]


def test_one_sign_climbs_and_the_other_descends(comparisons):
    printed, right = comparisons["E05"].values.values()

    # w = 0: 1/2 (4 + 16) = 10; w = -+0.5 after the first step: 1/2 (2.5^2 + 5^2), ...
    assert list(printed[:2]) == [10, 15.625]
    assert list(right[:2]) == [10, 5.625]


def test_the_rate_for_the_mean_is_that_for_the_sum_times_the_examples(comparisons):
    comparison = comparisons["E06"]

    printed, right = map(np.array, comparison.values.values())
    assert right == pytest.approx(printed * comparison.places)


def test_the_printed_adam_overshoots_more(comparisons):
    printed, right = comparisons["E07"].values.values()

    # The first step: 0.1 * 0.1 / sqrt(0.001) against 0.1.
    assert printed[1] == pytest.approx(1 - 0.01 / math.sqrt(0.001))
    assert right[1] == pytest.approx(0.9)
    assert min(printed) < min(right) < 0


def test_what_is_never_evaluated_improves_nothing(comparisons):
    printed, right, mean_alone = comparisons["E10"].values.values()

    assert set(printed) == {right[0]} == {mean_alone[0]}
    # The peaks are 0.6, and 0.45 on the side of the start.
    assert right[-1] == pytest.approx(0.6, abs=0.01)
    assert mean_alone[-1] == pytest.approx(0.45, abs=0.01)


def test_the_parts_of_a_model_sum_to_the_counts_of_the_entry(comparisons):
    printed, right = comparisons["E11"].values.values()

    assert (sum(printed), sum(right)) == (1_543_682, 109_482_240)
    assert all(f"{sum(part):,}" in ENTRIES["E11"].numbers for part in (printed, right))


def test_with_a_mask_padding_changes_nothing(comparisons):
    printed, right = comparisons["E13"].values.values()

    assert printed[0] == 0 and min(printed[1:]) > 1e-5
    # The order of summation may differ between the lengths: hence 1e-6, not 0.
    assert max(right) <= 1e-6


def test_a_decoder_alone_does_not_notice_what_is_to_come(comparisons):
    printed, right = comparisons["E14"].values.values()

    assert min(printed) > 0
    assert list(right[:4]) == [0, 0, 0, 0] and min(right[4:]) > 0


def test_a_language_model_learns_its_token_vectors_too(comparisons):
    printed, right = comparisons["E15"].values.values()

    # Vocabularies of BERT and GPT-2, times 768.
    assert right[0] - printed[0] == 30_522 * 768
    assert right[1] - printed[1] == 50_257 * 768


def test_a_python_without_a_wheel_is_one_that_the_entry_does_not_name(comparisons):
    comparison = comparisons["E22"]

    for version, has_wheel in zip(
        comparison.places, comparison.values["right"], strict=True
    ):
        assert (f"{version}," in ENTRIES["E22"].numbers.replace(".\n", ",")) is bool(
            has_wheel
        )


def test_all_links_are_counted_in_both_forms(comparisons):
    printed, right = comparisons["E23"].values.values()

    assert sum(printed) == sum(right) == 9


def test_without_the_marks_the_article_is_one_message(comparisons):
    printed, right = comparisons["E24"].values.values()

    assert (list(printed), list(right)) == ([2, 2], [0, 1])


def test_a_line_tells_the_values_where_both_are_farthest_apart():
    values = {"printed": [1.0, 5.0, 2.0], "right": [1.0, 2.0, 2.0], "third": [7, 8, 9]}

    comparison = Comparison("loss", "step", [10, 20, 30], values)

    assert comparison.line() == "loss, step 20: printed 5, right 2, third 8"


def test_orders_of_magnitude_are_apart_by_their_ratio():
    values = {"printed": [1e9, 10.0], "right": [9e8, 1.0]}

    comparison = Comparison("n", "part", ["a", "b"], values, logarithmic=True)

    assert comparison.line() == "n, part b: printed 10, right 1"


def test_where_the_printed_form_has_no_value_is_told_first():
    values = {"printed": [1.0, math.nan, math.nan], "right": [99.0, 2.0, 2.0]}

    comparison = Comparison("loss", "step", [0, 1, 2], values)

    assert comparison.line() == "loss, step 1: printed nan, right 2"


def test_the_table_has_a_row_a_place():
    comparison = Comparison(
        "n", "part", ["a", "b"], {"printed": [1, 2], "right": [3, 4]}
    )

    assert comparison.table().splitlines() == [
        "| part | printed | right |",
        "| --- | --- | --- |",
        "| a | 1 | 3 |",
        "| b | 2 | 4 |",
    ]


def test_a_bracket_is_refused_which_would_blank_the_chart():
    with pytest.raises(ValueError, match=r"a measure without \(\), got 'f\(w\)'"):
        Comparison("f(w)", "part", ["a"], {"printed": [1], "right": [2]})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"right": [1], "printed": [1]}, "expected values of 'printed', 'right' and"),
        ({"printed": [1]}, "got those of .'printed'."),
        ({"printed": [1], "right": [1, 2]}, "a value of 'right' for each of 1 places"),
    ],
)
def test_a_comparison_without_both_forms_at_each_place_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Comparison("n", "part", ["a"], values)
