"""Which troubles are told, and which are silent because another may be their cause."""

import pytest

from roots_tf.monitoring import diagnosis_findings as troubles
from roots_tf.monitoring.diagnosis_findings import (
    MAY_CAUSE,
    REMEDIES,
    Finding,
    worth_telling,
)


def found(*names):
    return [Finding(name, "seen") for name in names]


def told(findings, earlier=()):
    return [finding.trouble for finding in worth_telling(findings, earlier)]


def test_the_line_has_trouble_evidence_and_remedy():
    line = Finding(troubles.NOT_FINITE, "the loss became nan at step 7").line

    assert line.startswith("NaN: the loss became nan at step 7. Remedy: look for 0/0")
    assert "\n" not in line


def test_every_trouble_has_a_remedy_and_a_row_of_what_it_may_cause():
    assert list(MAY_CAUSE.keys() - REMEDIES.keys()) == []
    assert len(REMEDIES) == len(MAY_CAUSE) == 12
    for effects in MAY_CAUSE.values():
        assert effects <= REMEDIES.keys()


def test_what_may_follow_from_another_trouble_is_silent():
    both = found(troubles.NOT_FINITE, troubles.RATE_TOO_HIGH)

    assert told(both) == [troubles.RATE_TOO_HIGH]


def test_what_may_follow_from_a_trouble_told_earlier_is_silent_too():
    later = found(troubles.OVERFITTING)

    assert told(later, [troubles.LABELS_LEAKED]) == []
    assert told(later, [troubles.NO_MASK]) == [troubles.OVERFITTING]


def test_a_trouble_is_told_once():
    assert told(found(troubles.NO_MASK), [troubles.NO_MASK]) == []


def test_of_two_that_may_cause_each_other_one_is_told():
    mutual = [
        (one, other)
        for one in MAY_CAUSE
        for other in MAY_CAUSE[one]
        if one in MAY_CAUSE[other]
    ]
    assert (troubles.RATE_TOO_HIGH, troubles.EXPLODING) in mutual

    for pair in mutual:
        assert told(found(*pair)) == told(found(*reversed(pair)))
        assert len(told(found(*pair))) == 1


def test_two_without_a_common_cause_are_both_told():
    both = found(troubles.NO_MASK, troubles.IMBALANCE)

    assert set(told(both)) == {troubles.NO_MASK, troubles.IMBALANCE}


@pytest.mark.parametrize("trouble", REMEDIES)
def test_no_trouble_silences_itself(trouble):
    assert told(found(trouble)) == [trouble]
