"""The troubles a run can have: their remedies, and which brings about which.

One cause has many symptoms: too high a learning rate also explodes the gradient, kills
units and ends in NaN. A trouble is told only where none is known that may have caused
it, so that what stands in the line is what has to be mended.

Article: §3.2.1, §7.2.2.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

LABELS_LEAKED = "labels leaked into inputs"
UNSHUFFLED = "unshuffled data"
MISMATCHED = "loss and activation mismatched"
NO_MASK = "no mask"
EXPLODING = "exploding gradient"
RATE_TOO_HIGH = "learning rate too high"
NOT_FINITE = "NaN"
DEAD_UNITS = "dead units"
VANISHING = "vanishing gradient"
RATE_TOO_LOW = "learning rate too low"
IMBALANCE = "imbalance ignored"
OVERFITTING = "overfitting"

REMEDIES = {
    LABELS_LEAKED: "take out of the inputs what is made from the labels",
    UNSHUFFLED: "shuffle the training examples anew in every epoch",
    MISMATCHED: "give a loss that expects logits a last layer without activation, and "
    "one that expects probabilities a softmax",
    NO_MASK: "tell padding from tokens: mask_zero=True in the embedding, and layers "
    "that use the mask",
    EXPLODING: "clip the gradient's norm, start from smaller weights (orthogonal ones "
    "for a recurrence), use an LSTM or normalisation",
    RATE_TOO_HIGH: "divide the learning rate by ten, or run a range test; warm it up",
    NOT_FINITE: "look for 0/0, log 0 or a root of 0, and for NaN in the inputs; "
    "tf.debugging.enable_check_numerics() names the operation",
    DEAD_UNITS: "start biases at zero and weights as He et al. do, centre the inputs, "
    "lower the learning rate, or use a leaky ReLU or GELU",
    VANISHING: "use ReLU or GELU in place of sigmoid, residual connections, "
    "normalisation, or fewer layers",
    RATE_TOO_LOW: "multiply the learning rate by ten, or run a range test",
    IMBALANCE: "weigh the rare classes' examples higher or draw them more often, and "
    "compare runs by macro F1",
    OVERFITTING: "keep the best epoch's weights and stop there; more dropout, weight "
    "decay or data, or a smaller model",
}

# A trouble -> those that may follow from it, and are silent where it is named.
MAY_CAUSE = {
    LABELS_LEAKED: {OVERFITTING, DEAD_UNITS},
    UNSHUFFLED: {
        *(RATE_TOO_HIGH, EXPLODING, DEAD_UNITS, RATE_TOO_LOW, IMBALANCE, OVERFITTING)
    },
    MISMATCHED: {
        *(RATE_TOO_HIGH, EXPLODING, NOT_FINITE, DEAD_UNITS, VANISHING, RATE_TOO_LOW),
        *(IMBALANCE, OVERFITTING),
    },
    NO_MASK: set(),
    EXPLODING: {
        *(RATE_TOO_HIGH, NOT_FINITE, DEAD_UNITS, VANISHING, IMBALANCE, OVERFITTING)
    },
    RATE_TOO_HIGH: {
        *(EXPLODING, NOT_FINITE, DEAD_UNITS, VANISHING, IMBALANCE, OVERFITTING)
    },
    NOT_FINITE: {DEAD_UNITS, VANISHING, IMBALANCE, OVERFITTING},
    DEAD_UNITS: {VANISHING, RATE_TOO_LOW, IMBALANCE},
    VANISHING: {RATE_TOO_LOW, IMBALANCE},
    RATE_TOO_LOW: {IMBALANCE},
    IMBALANCE: set(),
    OVERFITTING: set(),
}


@dataclass(frozen=True)
class Finding:
    """A trouble and what shows it.

    Attributes:
        trouble: a key of `REMEDIES`.
        evidence: with the numbers, such as "the loss became nan at step 7".
    """

    trouble: str
    evidence: str

    @property
    def line(self) -> str:
        """Trouble, evidence and remedy in one line."""
        return f"{self.trouble}: {self.evidence}. Remedy: {REMEDIES[self.trouble]}."


def worth_telling(found: Iterable[Finding], told: Collection[str]) -> list[Finding]:
    """Leaves out what has been told, and what may follow from another trouble.

    Of two that may cause each other, the one named first in `MAY_CAUSE` is kept.

    Args:
        found: at one moment of the run.
        told: the troubles named earlier.
    """
    order, known, kept = list(MAY_CAUSE), set(told), []
    for finding in sorted(found, key=lambda finding: order.index(finding.trouble)):
        silent = known.union(*(MAY_CAUSE[trouble] for trouble in known))
        if finding.trouble not in silent:
            known.add(finding.trouble)
            kept.append(finding)
    return kept
