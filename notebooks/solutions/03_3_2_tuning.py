# %% [markdown]
# # §3.3.2 Tuning: answers
#
# ## 1. Draws for the top 1 %
#
# $1 - 0.99^n \geq 0.95$ means $n \geq \log 0.05 / \log 0.99$.

# %%
import math

import numpy as np

from roots_tf import exercises
from roots_tf.errata.e09_random_search import chance_of_success
from roots_tf.errata.e10_bayesian_search import START, two_peaks
from roots_tf.tuning.bayesian_search import BayesianSearch, expected_improvement
from roots_tf.tuning.search_space import Real, SearchSpace

n = math.ceil(math.log(0.05) / math.log(0.99))
assert n == 299
assert exercises.check("03_3_2_tuning.1", n)
assert chance_of_success(n - 1, top=0.01) < 0.95 <= chance_of_success(n, top=0.01)

# %% [markdown]
# ## 2. One number of two matters
#
# The value is the distance from an optimum $c$ in the first number. The grid's three
# values are 0, 1/2 and 1, so that the mean distance is 1/8. Of nine random values the
# nearest is about twice as near.

# %%
generator = np.random.default_rng(0)
optima = generator.uniform(size=(20_000, 1))
grid = np.abs(np.array([0, 0.5, 1]) - optima).min(axis=1).mean()
random = np.abs(generator.uniform(size=(20_000, 9)) - optima).min(axis=1).mean()
assert np.isclose(grid, 1 / 8, atol=0.002)
assert random < 0.6 * grid
assert exercises.check("03_3_2_tuning.2", [grid, random])
print(f"grid {grid:.3f}, random {random:.3f}")

# %% [markdown]
# ## 3. Expected improvement at $\mu = y_*$
#
# There $u = 0$, so $\mathrm{EI} = \sigma \varphi(0) = \sigma / \sqrt{2 \pi}$: what is
# uncertain is worth a look even where no gain is predicted.

# %%
sigma = np.array([0.1, 1.0, 3.0])
values = expected_improvement(np.full(3, 0.7), sigma, 0.7)
assert np.allclose(values, sigma / np.sqrt(2 * np.pi))
assert exercises.check("03_3_2_tuning.3", lambda sigma: sigma / np.sqrt(2 * np.pi))

# %% [markdown]
# ## 4. Too little and too much optimism
#
# With $\beta = 0.1$ the search trusts its model, and stays on the peak that it found
# first. With $\beta = 100$ it goes wherever it has not been, and finds the higher peak
# without ever climbing to its top.

# %%
line = SearchSpace({"x": Real(0, 1)})


def search_peaks(beta, seed, trials=12):
    search, history = BayesianSearch(line, seed, 0, "confidence-bound", beta), []
    history = [({"x": x}, -float(two_peaks(x))) for x in START]
    for _ in range(trials):
        point = search.propose(history)
        history.append((point, -float(two_peaks(point["x"]))))
    return 0.6 + min(value for _, value in history)


regret = {}
for beta in (0.1, 2.6, 100):
    regret[beta] = np.median([search_peaks(beta, seed) for seed in range(8)])
    print(f"beta {beta}: {regret[beta]:.5f} below the top")
assert regret[0.1] > 0.1 > regret[100] > regret[2.6]
