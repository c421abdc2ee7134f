# %% [markdown]
# # §7.2.2 TensorBoard: answers
#
# ## 1. Two folders, one tag
#
# TensorBoard draws the curves of one *tag* in one chart, a colour for each *run*, which
# is a folder. Two folders with the tag `epoch/loss` lie on each other; two tags would
# be two charts.

# %%
import tempfile
from pathlib import Path

import numpy as np

from roots_tf import exercises
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.monitoring.tensorboard import RunMonitor

logs = Path(tempfile.mkdtemp())
with RunMonitor(logs / "two") as monitor:
    monitor.scalars("train", 1, {"epoch/loss": 1.0})
    monitor.scalars("validation", 1, {"epoch/loss": 1.2})
found = read_scalars(logs / "two")
tags = {tag for _, tag in found}
assert tags == {"epoch/loss"} and len(found) == 2
assert exercises.check("07_2_2_tensorboard.1", [len(tags), 2])

# %% [markdown]
# ## 2. The first loss
#
# Random weights know nothing: about $1/C$ for each class, so a loss of $\ln C$. Far
# above, the first weights are too large: the network is sure of what it does not know.

# %%
rng = np.random.default_rng(0)
classes = 10
for scale in (0.01, 10.0):
    logits = scale * rng.normal(size=(1_000, classes))
    labels = rng.integers(classes, size=1_000)
    log_sums = np.log(np.exp(logits).sum(axis=1))
    loss = np.mean(log_sums - logits[np.arange(1_000), labels])
    print(f"logits of size {scale}: loss {loss:.2f}, ln C = {np.log(classes):.2f}")
    assert (abs(loss - np.log(classes)) < 0.01) == (scale == 0.01)
assert exercises.check("07_2_2_tensorboard.2", np.log)

# %% [markdown]
# ## 3. Three learning rates
#
# $w \leftarrow w - \alpha\, 2 w = (1 - 2\alpha) w$: it converges for
# $0 < \alpha < 1$ and diverges above.


# %%
def descend(rate, steps):
    w, losses = 1.0, []
    for _ in range(steps):
        losses.append(w**2)
        w -= rate * 2 * w
    return losses


assert exercises.check("07_2_2_tensorboard.3", descend)
for rate in (0.1, 0.9, 1.1):
    with RunMonitor(logs / f"rate_{rate}") as monitor:
        for step, loss in enumerate(descend(rate, 20), start=1):
            monitor.scalars("train", step, {"step/loss": loss})
curves = {
    key[0]: points for key, points in read_scalars(logs).items() if len(points) > 9
}
for run, points in sorted(curves.items()):
    print(run, f"{points[0][1]:.3g} -> {points[-1][1]:.3g}")
    assert (points[-1][1] > 1) == ("1.1" in run)

# %% [markdown]
# ## 4. Waiting for tokens
#
# First `prefetch`, which costs nothing: the next batch is made while this one is
# learned. Then `map(..., num_parallel_calls=tf.data.AUTOTUNE)`; but a Python function
# holds the interpreter's lock, so threads help it little: put the tokenizer into the
# graph (tensorflow-text). At last, if the texts fit into memory, tokenise once before
# the training and keep the ids: that is what this project's scripts do (`cache`).
