# %% [markdown]
# # §7.3 相关论文著作推荐, GPT, T5 and ALBERT: answers
#
# ## 1. T5 1.0 base and 1.1 base
#
# 1.1 has a second table, for the output, and three matrices in place of two in each
# feed-forward network, which are narrower for it: 3 x 2,048 beside 2 x 3,072 is the
# same. So the difference is the table: 32,128 x 768.

# %%
import math
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

from roots_tf import exercises
from roots_tf.models.albert import AlbertConfig
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.published_weights import save_published
from roots_tf.models.t5_config import T5Config
from roots_tf.text.span_corruption import span_mask
from roots_tf.transformer.relative_position_bias import relative_position_buckets

keras.utils.set_random_seed(0)
V, D, L, heads = 32_128, 768, 12, 12 * 64
attention, norms, biases = 3 * 4 * D * heads, 5 * D, 2 * 32 * 12
counts = {
    "1.0": V * D + biases + L * (attention + 2 * 2 * D * 3072 + norms) + 2 * D,
    "1.1": 2 * V * D + biases + L * (attention + 2 * 3 * D * 2048 + norms) + 2 * D,
}
for version, count in counts.items():
    assert count == T5Config.base(version).parameter_count
    print(version, f"{count:,}")
assert counts["1.1"] - counts["1.0"] == V * D
assert exercises.check("07_3_gpt_t5_albert.1", [counts["1.0"], counts["1.1"]])

# %% [markdown]
# ## 2. Twenty places back
#
# The decoder has 32 buckets for one direction: 16 single ones, and above them $16 +
# \lfloor 16 \ln(20 / 16) / \ln(128 / 16) \rfloor = 16 + \lfloor 1.72 \rfloor = 17$.

# %%
by_hand = 16 + math.floor(16 * math.log(20 / 16) / math.log(128 / 16))
assert by_hand == 17 == int(relative_position_buckets(np.array([-20]), False)[0])
assert exercises.check("07_3_gpt_t5_albert.2", by_hand)

# %% [markdown]
# ## 3. ALBERT-xxlarge
#
# 12 blocks of 201 million each, of which it keeps one, and a table of 123 million, of
# which it keeps 4.

# %%
config = AlbertConfig.xxlarge()
D, F, V, E = config.hidden_size, config.intermediate_size, config.vocab_size, 128
block = 4 * D * D + 2 * D * F + 9 * D + F
unshared = config.parameter_count + 11 * block
wide = config.parameter_count + (V + 512 + 4) * (D - E) - (E + 1) * D
assert unshared > 2.4e9 and 1.4 < wide / config.parameter_count < 1.6
assert exercises.check("07_3_gpt_t5_albert.3", [unshared, wide])
print(f"{config.parameter_count:,}; unshared {unshared:,}; a wide table {wide:,}")

# %% [markdown]
# ## 4. A thousand times
#
# Of 100 tokens always 15, in 5 spans, and each way to do so is equally likely; so not
# each token is. The first is cut out only if nothing is kept before the first span: of
# the $\binom{86}{5}$ ways to part 85 kept tokens into six (the outer two may be empty)
# that is so in $\binom{85}{4}$, a share of 5 in 86.

# %%
draw = tf.function(lambda seed: span_mask(tf.constant(100), seed))
masks = np.stack([draw(tf.constant([0, n])).numpy() for n in range(1000)])
starts = masks & ~np.pad(masks[:, :-1], ((0, 0), (1, 0)))
assert set(masks.sum(axis=1)) == {15} and set(starts.sum(axis=1)) == {5}
often = masks.mean(axis=0)
# Four standard deviations of a share of .15 in 1,000 draws are .045.
assert abs(often[5:95].mean() - 0.15) < 0.01 and np.abs(often[5:95] - 0.15).max() < 0.05
assert np.abs(often[[0, 99]] - 5 / 86).max() < 0.03  # as many standard deviations
assert exercises.check("07_3_gpt_t5_albert.4", often[[0, 50]])
print("first, middle, last token:", often[[0, 50, 99]])

# %% [markdown]
# ## 5. A GPT in tensors
#
# GPT-2's layer of attention has query, key and value as *one* matrix, $D \times 3 D$:
# that shape differs from Keras'. And there is no matrix for the output, `lm_head`: it
# is the table of the tokens once more.

# %%
model = Gpt(GptConfig.tiny(50, hidden_size=32, num_layers=1, num_heads=2))
model.build()
with tempfile.TemporaryDirectory() as folder:
    save_published(model, f"{folder}/gpt")
    tensors = load_file(Path(folder) / "gpt" / "model.safetensors")
for name, tensor in tensors.items():
    print(name, tensor.shape)
assert sum(tensor.size for tensor in tensors.values()) == model.count_params()
assert any(tensor.shape == (32, 96) for tensor in tensors.values())
assert not any("lm_head" in name for name in tensors)
