"""E07: the printed Adam leaves out the corrections, so its first steps are too large.

Article: §4.2.2, §3.2.2. The printed form is here alone; the right one is
`roots_tf.optimization.adam`, written again here so that both can be read together.
"""

from collections.abc import Callable, Sequence

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

BETA_1, BETA_2 = 0.9, 0.999
FORMS = ("printed", "algorithm 1", "epsilon hat")


def adam_path(
    form: str,
    gradient: Callable[[np.ndarray, int], np.ndarray],
    start: Sequence[float],
    steps: int,
    rate: float = 0.001,
    epsilon: float = 1e-8,
) -> np.ndarray:
    """Gives the weights before and after each step.

    Args:
        form: "printed": step m / (sqrt(v) + epsilon); "algorithm 1" of the paper: m and
            v are corrected for their start at 0; "epsilon hat": the paper's other form,
            which Keras has: epsilon is added before v is corrected.
        gradient: `gradient(w, t)`, with t from 1.
        start: the first weights, (D,).
        steps: how many.
        rate: learning rate.
        epsilon: the constant of the form.

    Returns:
        (steps + 1, D).
    """
    w = np.array(start, float)
    m, v, path = np.zeros_like(w), np.zeros_like(w), [w]
    for t in range(1, steps + 1):
        g = gradient(w, t)
        m = BETA_1 * m + (1 - BETA_1) * g
        v = BETA_2 * v + (1 - BETA_2) * g**2
        of_m, of_v = 1 - BETA_1**t, 1 - BETA_2**t  # the corrections
        if form == "printed":
            step = m / (np.sqrt(v) + epsilon)
        elif form == "algorithm 1":
            step = (m / of_m) / (np.sqrt(v / of_v) + epsilon)
        else:
            step = np.sqrt(of_v) / of_m * m / (np.sqrt(v) + epsilon)
        w = w - rate * step
        path.append(w)
    return np.array(path)


def step_size_ratio(t: np.ndarray) -> np.ndarray:
    """Gives the printed step over the right one, for a gradient that stays the same.

    `(1 - beta_1^t) / sqrt(1 - beta_2^t)`: what the corrections would have undone.
    """
    return (1 - BETA_1**t) / np.sqrt(1 - BETA_2**t)


def constant_gradient(w, t):
    """A gradient of 1 everywhere."""
    return np.ones_like(w)


def bowl_gradient(w, t):
    """The gradient of `f(w) = w^2 / 2`."""
    return w


def overshoot(path: np.ndarray) -> float:
    """Gives how far a path on the bowl from w = 1 goes beyond its bottom."""
    return float(max(0.0, -path.min()))


def mixed_gradients(seed: int = 0, steps: int = 50) -> np.ndarray:
    """Draws gradients of sizes near 1e-6, 1e-3 and 1: (steps, 3) float32."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(steps, 3)) * [1e-6, 1e-3, 1.0]).astype(np.float32)


def mixed_path(form: str, rate: float = 0.001, epsilon: float = 1e-7) -> np.ndarray:
    """Gives the weights (3,) after the mixed gradients, from 0."""
    gradients = mixed_gradients().astype(float)
    return adam_path(
        form, lambda w, t: gradients[t - 1], np.zeros(3), len(gradients), rate, epsilon
    )[-1]


def comparison() -> Comparison:
    """Steps down the bowl by both forms, learning rate 0.1."""
    steps = 60
    forms = dict(zip(("printed", "right"), FORMS[:2], strict=True))
    return Comparison(
        "w on the bowl w^2 / 2",
        "step",
        range(steps + 1),
        {
            name: adam_path(form, bowl_gradient, [1.0], steps, 0.1)[:, 0].tolist()
            for name, form in forms.items()
        },
    )


_STEPS = np.arange(1, 5001)
_RATIOS = step_size_ratio(_STEPS)
PEAK_STEP, PEAK = int(_STEPS[_RATIOS.argmax()]), float(_RATIOS.max())
_SHOWN = (1, 2, 5, 10, PEAK_STEP, 100, 1000, 5000)
_BOWLS = {form: adam_path(form, bowl_gradient, [1.0], 60, 0.1) for form in FORMS[:2]}
_WAYS = {
    form: -adam_path(form, constant_gradient, [0.0], 100)[-1, 0] for form in FORMS[:2]
}
_MIXED = {form: mixed_path(form) for form in FORMS}


def _off(form):
    """Difference to the epsilon-hat form by size of the gradient."""
    return " | ".join(f"{d:.0e}" for d in np.abs(_MIXED[form] - _MIXED[FORMS[2]]))


_NUMBERS = f"""\
For a gradient that stays the same, a step as printed is so many times the right one,
which is the learning rate:

| step | {" | ".join(map(str, _SHOWN))} |
| --- |{" --- |" * len(_SHOWN)}
| ratio | {" | ".join(f"{step_size_ratio(np.array(t)):.3f}" for t in _SHOWN)} |

The most is {PEAK:.4f}, at step {PEAK_STEP}. After 100 steps of learning rate 0.001 the
printed form has gone {_WAYS["printed"]:.4f}, the right one {_WAYS["algorithm 1"]:.4f}.
On f(w) = w^2 / 2 from w = 1, learning rate 0.1, it goes
{", ".join(f"{w:.3f}" for w in _BOWLS["printed"][:5, 0])} and overshoots by
{overshoot(_BOWLS["printed"]):.3f}, the right form by
{overshoot(_BOWLS["algorithm 1"]):.3f}.

`keras.optimizers.Adam` has the paper's other form ("epsilon hat", 1e-7). After 50
random gradients, learning rate 0.001 and epsilon 1e-7 for all, the weights differ from
that form's by

| gradients near | 1e-6 | 1e-3 | 1 |
| --- | --- | --- | --- |
| Algorithm 1 | {_off("algorithm 1")} |
| as printed | {_off("printed")} |
"""

ENTRY = Erratum(
    id="E07",
    grade="A",
    sections=("3.2.2", "4.2.2"),
    title="Adam is printed without its bias corrections.",
    printed="""
    `m = beta_1 m + (1 - beta_1) g`, `v = beta_2 v + (1 - beta_2) g^2`,
    `w <- w - a m / (sqrt(v) + epsilon)`. beta_1 and beta_2 are called momentum
    parameters; Adam is said to join SGD's and RMSProp's strengths.
    """,
    right="""
    `m_hat = m / (1 - beta_1^t)`, `v_hat = v / (1 - beta_2^t)`,
    `w <- w - a m_hat / (sqrt(v_hat) + epsilon)`, with m and v 0 at first and t from 1.
    m and v start at 0 and are too small for a while, v for longer; without the
    corrections the steps are too large. beta_2 is the decay of the mean square, no
    momentum. The paper says that Adam joins the strengths of AdaGrad and RMSProp.
    """,
    source="""
    Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization" (1412.6980),
    Algorithm 1, §1, §3; the other form of epsilon: the note that ends §2.
    """,
    numbers=_NUMBERS,
)
