"""What the course of a run tells: its losses, gradients and updates.

Article: §3.2.1, §7.2.2.

Each check is a function of what was recorded and gives a `Finding` or None. Its
threshold stands above it with the reason. None looks at a single noisy number where a
median will do, and none judges before it has seen enough.

The loss is the mean of an item in nats. All thresholds but one are ratios, which hold
for other losses too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from roots_tf.monitoring import diagnosis_findings as troubles
from roots_tf.monitoring.diagnosis_findings import Finding

# Median of so many logged steps: one hard batch is no trouble.
WINDOW = 5
# Steps that are kept beside the first.
KEPT = 20


@dataclass(frozen=True)
class StepEvidence:
    """What is kept of a logged step. A matrix is a weight of rank two or more.

    Attributes:
        step: from 1; step 1 is always logged: its loss and gradient are those of the
            weights that the run began with.
        loss: before the update.
        learning_rate: of the update.
        gradient_norm: of all weights together, before clipping.
        update_ratio: ``||change|| / ||weight||``, the median over the matrices. Biases
            begin at zero, of which any change is a large part.
        gradient_norms: by path, of each matrix.
    """

    step: int
    loss: float
    learning_rate: float
    gradient_norm: float
    update_ratio: float
    gradient_norms: dict[str, float]


@dataclass(frozen=True)
class EpochEvidence:
    """Mean losses of an epoch; ``validation_loss`` is None where there is none."""

    epoch: int
    loss: float
    validation_loss: float | None


def not_finite(steps: Sequence[StepEvidence]) -> Finding | None:
    """NaN or infinity in the loss or the gradient of the last logged step."""
    last = steps[-1]
    if math.isfinite(last.loss) and math.isfinite(last.gradient_norm):
        return None
    name = "gradient" if math.isfinite(last.loss) else "loss"
    value = last.gradient_norm if name == "gradient" else last.loss
    before = ""
    if len(steps) > 1:
        before = f", after a loss of {steps[-2].loss:.3g} at step {steps[-2].step}"
    evidence = f"the {name} became {value} at step {last.step}{before}"
    return Finding(troubles.NOT_FINITE, evidence)


# Of a mean loss in nats; common limits for clipping are 0.25 to 5.
EXPLODED_NORM = 1_000.0
# About 1e-3 is usual (Karpathy, CS231n notes, "Neural networks part 3", ratio of
# weights to updates); a hundred times as much replaces the weights in ten steps.
LARGE_UPDATE = 0.1


def exploding_gradient(steps: Sequence[StepEvidence]) -> Finding | None:
    """A gradient of enormous length, and not by too large steps.

    Pascanu, Mikolov & Bengio 2013 (1211.5063), §2.2: the gradient of a recurrence can
    grow exponentially in its length. It must be there in two logged steps, or in one
    with nothing finite after it, and before any update of `LARGE_UPDATE`: large steps
    lead to where the gradient is large too, but then they are the cause.
    """
    large = [s for s in steps if s.gradient_norm > EXPLODED_NORM]
    if not large or (len(large) < 2 and not_finite(steps) is None):
        return None
    earlier = [s.update_ratio for s in steps if s.step < large[0].step]
    if max(earlier, default=0.0) >= LARGE_UPDATE:
        return None
    one = large[0]
    evidence = (
        f"the gradient's norm was {one.gradient_norm:.2g} at step {one.step}, where "
        f"the loss was {one.loss:.3g}"
    )
    return Finding(troubles.EXPLODING, evidence)


# Of the loss at step 1.
RISEN_LOSS = 1.2


def learning_rate_too_high(steps: Sequence[StepEvidence]) -> Finding | None:
    """Large updates and a loss that is worse than at the start, or no number any more.

    At a rate below the limit of stability the loss falls; above it, it grows (Smith
    2017, 1506.01186, §3.3).
    """
    first, last = steps[0], steps[-1]
    ratios = [s.update_ratio for s in steps if math.isfinite(s.update_ratio)]
    ratio = max(ratios, default=0.0)
    if ratio < LARGE_UPDATE:
        return None
    recent = median(s.loss for s in steps[-WINDOW:])
    risen = len(steps) > WINDOW and recent > RISEN_LOSS * first.loss
    if not risen and not_finite(steps) is None:
        return None
    now = recent if math.isfinite(last.loss) else last.loss
    evidence = (
        f"the loss went from {first.loss:.3g} at step {first.step} to {now:.3g} at "
        f"step {last.step}, with updates of up to {ratio:.2g} of the weights"
    )
    return Finding(troubles.RATE_TOO_HIGH, evidence)


# Of the largest norm. Glorot & Bengio 2010, fig. 7: it falls by a factor a layer.
VANISHED = 1e-4


def vanishing_gradient(steps: Sequence[StepEvidence]) -> Finding | None:
    """One matrix whose gradient is a vanishing part of another's, but not zero.

    A gradient of exactly zero is no matter of depth; `dead_units` tells it. Nor is that
    of an attention's queries and keys: as long as they tell no key from another, the
    weights are even, and their derivative by the scores all but cancels.
    """
    if len(steps) < WINDOW:
        return None
    norms = {
        path: median(s.gradient_norms[path] for s in steps[-WINDOW:])
        for path in steps[-1].gradient_norms
    }
    norms = {
        path: norm
        for path, norm in norms.items()
        if norm > 0 and not path.endswith(("/query/kernel", "/key/kernel"))
    }
    if len(norms) < 2:
        return None
    low, high = min(norms, key=norms.get), max(norms, key=norms.get)
    if not norms[low] < VANISHED * norms[high]:
        return None
    evidence = (
        f"the gradient of {low} has norm {norms[low]:.1e}, that of {high} "
        f"{norms[high]:.1e}"
    )
    return Finding(troubles.VANISHING, evidence)


# A tenth of what is usual, see LARGE_UPDATE.
SMALL_UPDATE = 1e-4
# Of the first epoch's loss; both are means over all examples, so noise is small.
STANDING_LOSS = 0.01


def learning_rate_too_low(
    steps: Sequence[StepEvidence], epochs: Sequence[EpochEvidence]
) -> Finding | None:
    """Tiny updates and a loss that stands still from the first epoch on.

    While the rate still rises (warm-up) nothing is said.
    """
    recent = steps[-WINDOW:]
    if len(epochs) < 2 or recent[-1].learning_rate > recent[0].learning_rate:
        return None
    ratio = median(s.update_ratio for s in recent)
    fall = 1 - epochs[-1].loss / epochs[0].loss
    if not (0 < ratio < SMALL_UPDATE and abs(fall) < STANDING_LOSS):
        return None
    evidence = (
        f"the mean loss of an epoch is {epochs[0].loss:.4g} in epoch 1 and "
        f"{epochs[-1].loss:.4g} in epoch {epochs[-1].epoch}, and an update is "
        f"{ratio:.1g} of the weights"
    )
    return Finding(troubles.RATE_TOO_LOW, evidence)


# Karpathy (see above) has seen 40 % of a network die; a few dead units are harmless.
DEAD_SHARE = 0.5


def dead_units(alive: Mapping[str, np.ndarray]) -> Finding | None:
    """A layer most of whose units got no gradient at all in an epoch.

    A ReLU that is off for every example passes back exactly zero, and so can never be
    on again (Maas et al. 2013, "Rectifier nonlinearities", §2).

    Args:
        alive: for each matrix, (units,) boolean: whether any weight that leads to the
            unit had a gradient other than 0 in any logged step of the epoch.
    """
    share = {path: 1 - np.mean(units) for path, units in alive.items()}
    path = max(share, key=share.get, default=None)
    if path is None or share[path] <= DEAD_SHARE:
        return None
    count = int(np.sum(~np.asarray(alive[path])))
    evidence = (
        f"{count} of the {len(alive[path])} units of {path} had a gradient of exactly "
        "0 in every logged step of the epoch"
    )
    return Finding(troubles.DEAD_UNITS, evidence)


# Prechelt 1998, "Early stopping - but when?", §2.1: the generalisation loss GL, by how
# much the validation loss is over the least so far; he stops at 1 to 5 %. Small
# validation parts are noisy, so it is twice that, and in two epochs together.
RISEN_VALIDATION = 1.10


def overfitting(epochs: Sequence[EpochEvidence]) -> Finding | None:
    """The validation loss rises for two epochs while the training loss falls."""
    known = [e for e in epochs if e.validation_loss is not None]
    if len(known) < 3:
        return None
    best = min(known, key=lambda e: e.validation_loss)
    last, limit = known[-1], RISEN_VALIDATION * best.validation_loss
    risen = all(e.validation_loss > limit for e in known[-2:])
    if not (risen and best.epoch < known[-2].epoch and last.loss < best.loss):
        return None
    evidence = (
        f"the validation loss rose from {best.validation_loss:.3g} in epoch "
        f"{best.epoch} to {last.validation_loss:.3g} in epoch {last.epoch}, while the "
        f"training loss fell from {best.loss:.3g} to {last.loss:.3g}"
    )
    return Finding(troubles.OVERFITTING, evidence)
