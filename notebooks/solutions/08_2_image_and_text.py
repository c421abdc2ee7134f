# %% [markdown]
# # §8.2 多模态融合: answers
#
# ## 1. A wrong answer that is right
#
# The best that a model can do is to give both the same score, so that each of the two
# pictures takes each of the two captions with probability 1/2: $\log 2$, however good
# the model. This project leaves the double out of the sum: then the loss can reach 0.

# %%
import keras
import numpy as np
import tensorflow as tf

from roots_tf import exercises
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.trends.coloured_shapes import scenes
from roots_tf.trends.image_text_contrastive import (
    ImageTextModel,
    PictureEncoder,
    contrastive_loss,
)

same = np.full((2, 2), 5.0, np.float32)
assert np.allclose(contrastive_loss(tf.range(2), same), np.log(2))
assert exercises.check("08_2_image_and_text.1", lambda B: 2 / B * np.log(2))
keras.utils.set_random_seed(0)
config = BertConfig(20, 16, 1, 2, 32, 8, dropout=0.0, attention_dropout=0.0)
model = ImageTextModel(PictureEncoder(16, 16, 4), SentenceEncoder(Bert(config)))
model.build()
pictures = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
scores = model(
    {"pictures": pictures, "token_ids": np.array([[3, 4], [3, 4]], np.int32)}
)
assert np.allclose(contrastive_loss(tf.range(2), scores), 0)
print(np.asarray(scores).round(1))

# %% [markdown]
# ## 2. The clipped temperature
#
# Cosines lie in [-1, 1], so scores in [-100, 100]: at worst the right one has -100 and
# the $B - 1$ others 100 each, a loss of $200 + \log(B - 1)$ nearly. Without a limit the
# scale grows as soon as all training pairs are right, because that still lowers the
# loss; a single wrong pair then has an enormous loss, and training becomes unstable.

# %%
size = 8
worst = np.full((size, size), 100.0, np.float32)
np.fill_diagonal(worst, -100)
loss = contrastive_loss(tf.range(size), worst)
assert np.allclose(loss, 200 + np.log(size - 1))
assert exercises.check("08_2_image_and_text.2", lambda B: 200 + np.log(B - 1))
print(f"{float(loss[0]):.2f}")

# %% [markdown]
# ## 3. The mean forgets the place
#
# A convolution gives a shape that moves the same values, moved. Their mean is the same
# wherever it stands (but at the border): "on the left" and "on the right" cannot be
# told. All 16 places side by side tell them.

# %%
encoder = PictureEncoder(32, 16, 8)
encoder.build()
left = np.full((1, 32, 32, 3), 220, np.uint8)
left[:, 12:20, 4:12] = (200, 0, 0)
right = np.roll(left, 16, axis=2)  # moved by whole places of the last convolution
values = []
for picture in (left, right):
    x = keras.ops.cast(picture, "float32") / 127.5 - 1
    for convolution, norm in zip(encoder.convolutions, encoder.norms, strict=True):
        x = keras.ops.relu(norm(convolution(x)))
    values.append(np.asarray(x))
means = [value.mean(axis=(1, 2)) for value in values]
difference = np.abs(means[0] - means[1]).max()
apart = np.abs(values[0] - values[1]).max()
print(f"means differ by {difference:.3f}, places by {apart:.3f}")
assert difference < 0.2 * apart
assert exercises.check("08_2_image_and_text.3", "place")

# %% [markdown]
# ## 4. What a gallery must contain
#
# Each held-out colour comes with one shape alone, so colour, count and place, three of
# the four, already tell the 120 scenes apart: a model that is blind to shapes would be
# right. So the galleries mix held-out scenes with seen ones.

# %%
seen, unseen = scenes()
without_shape = {(scene.colour, scene.count, scene.place) for scene in unseen}
assert len(without_shape) == len(unseen) == 120
assert len({(s.colour, s.count, s.place) for s in seen + unseen}) == 120 < 600
assert exercises.check("08_2_image_and_text.4", 3)
