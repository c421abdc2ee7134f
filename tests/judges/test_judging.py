"""How answers are compared, and what is said of mistakes that nobody foresaw."""

import numpy as np
import pytest

from roots_tf.judges.judging import Exercise, flat, judge

NUMBER = Exercise("a number of metres", 12.0, {"those are feet": 39.37})
PAIR = Exercise("two numbers", lambda: np.array([3.0, 400.0]), {})
WORD = Exercise("a word", "right", {"the other side": "left"})
SUM = Exercise(
    "a function of x (3,) and n that gives (3,)",
    lambda x, n: x + n,
    {"the sign is wrong": lambda x, n: x - n},
    draw=lambda random: (random.normal(size=3), int(random.integers(1, 9))),
)


def raises(error):
    def answer(*arguments):
        raise error

    return answer


def in_place(x, n):
    x += n
    return x


def does_nothing(x, n):
    pass


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (NUMBER, 12),
        (NUMBER, np.array([12.001])),
        (PAIR, (3, 400)),
        (WORD, " Right"),
        (SUM, lambda x, n: (x + n).tolist()),
        (SUM, lambda x, n: np.float32(x + n)),
        (SUM, in_place),
    ],
)
def test_a_right_answer_may_have_any_type(exercise, answer):
    assert judge(exercise, answer) == ""


@pytest.mark.parametrize("blank", [None, ..., ""])
@pytest.mark.parametrize("exercise", [NUMBER, PAIR, WORD, SUM])
def test_a_blank_answer_is_told_what_is_expected(exercise, blank):
    assert judge(exercise, blank) == f"no answer yet: expected {exercise.expects}"


@pytest.mark.parametrize("blank", [does_nothing, raises(NotImplementedError())])
def test_a_function_that_is_not_written_yet_is_blank(blank):
    assert judge(SUM, blank) == f"no answer yet: expected {SUM.expects}"


@pytest.mark.parametrize(
    ("exercise", "answer", "said"),
    [
        (NUMBER, 39.37, "those are feet"),
        (NUMBER, 13, "not right: 13 is too large"),
        (NUMBER, 1.5, "not right: 1.5 is too small"),
        (NUMBER, np.nan, "not right: nan is not a number"),
        (NUMBER, [1, 2], "the right answer has shape (), yours (2,)"),
        (NUMBER, {"metres": 12}, "expected a number of metres; TypeError"),
        (NUMBER, "twelve", "not right: expected a number of metres"),
        (NUMBER, lambda: 12, "expected a number of metres, got a function"),
        (PAIR, [3, 4], "not right: 1 of 2 numbers are"),
        (WORD, "left", "the other side"),
        (WORD, "up", "not right: expected a word"),
        (WORD, 1, "not right: expected a word"),
        (SUM, 1, f"expected {SUM.expects}, got int"),
        (SUM, lambda x, n: x - n, "the sign is wrong"),
        (
            SUM,
            lambda x, n: x * n,
            "not right: for [ 0.1257",
        ),
        (SUM, lambda x, n: x.sum(), "the right answer has shape (3,), yours ()"),
        (SUM, lambda x: x, f"expected {SUM.expects}; TypeError"),
        (SUM, raises(RuntimeError("two\nlines")), "RuntimeError: two lines"),
    ],
)
def test_a_hint_says_in_one_line_what_is_wrong(exercise, answer, said):
    hint = judge(exercise, answer)

    assert said in hint
    assert "\n" not in hint


def test_arguments_are_drawn_anew_for_every_call_and_the_same_every_time():
    drawn = [[], []]
    for seen in drawn:
        judge(SUM, lambda x, n, seen=seen: seen.append((*x, n)) or x + n)

    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == SUM.draws == 20


def test_an_answer_that_is_right_now_and_then_is_not_right():
    assert judge(SUM, lambda x, n: x + min(n, 7)) != ""


def test_a_view_compares_what_matters_and_flat_takes_several_arrays():
    halves = Exercise(
        "two arrays that add up to x",
        lambda x: (x, 0 * x),
        {"they are one x too many": lambda x: (x, x)},
        draw=lambda random: (random.normal(size=4),),
        view=lambda parts, x: sum(parts),
    )

    assert judge(halves, lambda x: (x / 2, x / 2)) == ""
    assert judge(halves, lambda x: [2 * x, 0]) == "they are one x too many"
    assert judge(halves, lambda x: (x, 5)) == f"not right: expected {halves.expects}"
    assert flat([[[1, 2], [3, 4]], 5]).tolist() == [1, 2, 3, 4, 5]
