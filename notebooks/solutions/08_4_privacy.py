# %% [markdown]
# # §8.4 隐私保护与安全性: answers
#
# ## 1. Four copies
#
# The promise is for one example more or less; four go one after the other, and each
# step multiplies the odds by $e^3$: 4 · 3 = 12, odds of 160,000 to 1. (With
# $\delta > 0$ that grows too, by more than four times.) It says next to nothing: count
# what one *person* has in the data, not one line.

# %%
import math

import numpy as np
import tensorflow as tf

from roots_tf import exercises
from roots_tf.text.sensitive_strings import passes_luhn
from roots_tf.trends.membership_inference import largest_auc
from roots_tf.trends.private_training import noisy_mean
from roots_tf.trends.renyi_accountant import noise_for_epsilon

odds = math.exp(4 * 3)
assert 160_000 < odds < 170_000
assert exercises.check("08_4_privacy.1", 4 * 3)
assert largest_auc(12.0, 0.0) > 0.9999 > largest_auc(3.0, 0.0)
print(f"odds of {odds:,.0f} to 1; an attack may reach {largest_auc(12.0, 0.0):.6f}")

# %% [markdown]
# ## 2. The divisor tells
#
# The noise is divided by it too. With one example more the whole noise is smaller, by
# 1/n, and with many weights that is seen at once: its deviation tells the size of the
# sample. Divided by the expected size, it is the same for both.

# %%
nothing = [tf.zeros(200_000)]
by_real = [np.std(noisy_mean(nothing, 1.0, 1.0, n, (7, n))[0]) for n in (20, 21)]
by_expected = [np.std(noisy_mean(nothing, 1.0, 1.0, 20, (7, n))[0]) for n in (20, 21)]
assert abs(by_real[0] / by_real[1] - 21 / 20) < 0.01
assert abs(by_expected[0] / by_expected[1] - 1) < 0.01
ratios = [by_real[0] / by_real[1], by_expected[0] / by_expected[1]]
assert exercises.check("08_4_privacy.2", ratios)
print([f"{x:.4f}" for x in (*by_real, *by_expected)])

# %% [markdown]
# ## 3. More texts, less noise
#
# The rate q falls with the number of texts: a text that seldom joins is well hidden.

# %%
needed = {}
for count in (1_000, 10_000, 100_000):
    steps = 10 * count // 128
    needed[count] = noise_for_epsilon(1.0, 128 / count, steps, 0.1 / count)
    print(f"{count:,}: {needed[count]:.2f} C, {needed[count] / 128:.4f} C a text")
assert needed[1_000] > needed[10_000] > needed[100_000]
assert exercises.check("08_4_privacy.3", list(needed.values()))

# %% [markdown]
# ## 4. One in ten
#
# Whatever 15 digits come first, exactly one last digit makes the sum a multiple of 10.

# %%
draw = np.random.default_rng(0)
numbers = ["".join(map(str, draw.integers(0, 10, 16))) for _ in range(5_000)]
share = np.mean([passes_luhn(number) for number in numbers])
assert abs(share - 0.1) < 4 * (0.09 / 5_000) ** 0.5
assert exercises.check("08_4_privacy.4", share)
first = numbers[0][:15]
assert sum(passes_luhn(f"{first}{digit}") for digit in range(10)) == 1
print(f"{share:.3f}")
