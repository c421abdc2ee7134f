# %% [markdown]
# # §8.1 模型规模与性能提升: answers
#
# ## 1. Ten times the text
#
# The second term stays, and so does the first: text alone never gets below
# $E + A / N^\alpha$.

# %%
import dataclasses

import numpy as np

from roots_tf import exercises
from roots_tf.models.gpt import GptConfig
from roots_tf.trends.scaling_law import ScalingLaw, fit_scaling_law
from roots_tf.trends.training_cost import forward_flops

law = ScalingLaw(1.69, 406.4, 0.34, 410.7, 0.28)
now, more, all_text = law.loss(70e9, [1.4e12, 1.4e13, 1e30])
assert np.isclose(now - more, 410.7 * (1.4e12**-0.28 - 1.4e13**-0.28))
assert np.isclose(all_text, 1.69 + 406.4 / 70e9**0.34, atol=1e-4)
assert exercises.check("08_1_scale.1", [now - more, now - all_text])
print(f"{now - more:.3f} from ten times, {now - all_text:.3f} at most")

# %% [markdown]
# ## 2. Equal exponents
#
# Both grow with the root of the budget: four times the budget, twice the model and
# twice the text.

# %%
equal = dataclasses.replace(law, beta=0.34)
(n1, d1), (n4, d4) = equal.best_sizes(1e21), equal.best_sizes(4e21)
assert np.isclose(n4 / n1, 2) and np.isclose(d4 / d1, 2)
assert exercises.check("08_1_scale.2", [n4 / n1, d4 / d1])
print(f"{n4 / n1:.3f} times the parameters, {d4 / d1:.3f} times the tokens")

# %% [markdown]
# ## 3. A run gone wrong
#
# Beyond 0.001 Huber's loss grows in proportion, not as a square: the fifteen good runs
# pull more than the bad one, whose distance hardly counts. The law stays.

# %%
sizes, tokens = np.repeat([4e7, 2e8, 1e9, 5e9], 4), np.tile([1e9, 5e9, 2.5e10, 1e11], 4)
losses = law.loss(sizes, tokens)
losses[6] *= 1.3
found = fit_scaling_law(sizes, tokens, losses)
assert abs(found.loss(2e10, 4e11) / law.loss(2e10, 4e11) - 1) < 0.01
print(f"{float(found.loss(2e10, 4e11)):.4f} and {float(law.loss(2e10, 4e11)):.4f}")

# %% [markdown]
# ## 4. A context for which attention costs most
#
# A layer's matrices take $2 T \cdot 12 D^2$, the scores and the mixing $4 T^2 D$: equal
# at $T = 6 D$, 4,608 tokens for $D = 768$.

# %%
config = GptConfig.small()


def share(context):
    parts = forward_flops(config, context)
    attention = parts["scores"] + parts["mixing"]
    return attention / (sum(parts.values()) - parts["logits"])


assert share(6 * 768) == 0.5 and share(1_024) < 0.2 < 0.5 < share(8_192)
assert exercises.check("08_1_scale.4", 6 * 768)
print(f"{share(1_024):.2f} at 1,024, {share(6 * 768):.2f} at {6 * 768:,}")
