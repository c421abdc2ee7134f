# %% [markdown]
# # §6.4 文本生成: answers
#
# ## 1. distinct-n depends on how many texts there are
#
# 1,000 texts of 20 tokens have 19,000 pairs, and 30 tokens make 900 different ones: at
# most 900 / 19,000 = 0.047. So only equally many texts of equal lengths compare.

# %%
import keras
import numpy as np

from roots_tf import exercises
from roots_tf.applications.textrank import similarities, textrank
from roots_tf.decoding.autoregressive import stream
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.evaluation.generation_metrics import distinct, repetition
from roots_tf.evaluation.summary_metrics import rouge_scores
from roots_tf.models.gpt import Gpt, GptConfig

draw = np.random.default_rng(0)
texts = draw.integers(0, 30, (1000, 20)).tolist()
assert distinct([list(range(20))], 2) == 1
assert distinct(texts, 2) <= 900 / 19_000
assert exercises.check("06_4_text_generation.1", 900 / 19_000)
print(f"{distinct(texts[:10], 2):.3f} of 10 texts, {distinct(texts, 2):.3f} of 1,000")

# %% [markdown]
# ## 2. The whole text as its summary
#
# Precision: most of it is not in the reference, and F1 needs both.


# %%
def rouge_1(of_reference, of_text):
    precision, recall = of_reference / of_text, 1
    return 2 * precision * recall / (precision + recall)


assert exercises.check("06_4_text_generation.2", rouge_1)
reference = "return the sum"
text = reference + " " + " ".join(f"word{n}" for n in range(97))
(score,) = rouge_scores([text], [reference], "en")["rouge1"]
assert np.isclose(score, rouge_1(3, 100))
print(f"ROUGE-1 {score:.3f}")

# %% [markdown]
# ## 3. Three sentences in a row
#
# The outer ones give all they have to the middle one, which halves what it gives:
# $m = 0.15 + 0.85 \cdot 2 o$ and $o = 0.15 + 0.85\, m / 2$, so
# $m = (0.15 + 0.255) / (1 - 0.7225) = 1.459$ and $o = 0.770$.

# %%
sentences = [{"a", "b"}, {"b", "c"}, {"c", "d"}]
middle = (0.15 + 0.85 * 2 * 0.15) / (1 - 0.85**2)
outer = 0.15 + 0.85 * middle / 2
ranks = textrank(similarities(sentences))
assert np.allclose(ranks, [outer, middle, outer])
assert exercises.check("06_4_text_generation.3", [outer, middle, outer])
print(ranks.round(3))

# %% [markdown]
# ## 4. A penalty that grows
#
# Repeated 4-grams vanish, and what the model finds probable with them: its texts
# become more and more surprising to itself. Here a model with large random weights.

# %%
keras.utils.set_random_seed(0)
model = Gpt(GptConfig.tiny(60, hidden_size=32, num_layers=2, num_heads=2))
model.build()
model.set_weights([8 * weight for weight in model.get_weights()])
repeated, surprise = [], []
for penalty in (1.0, 1.2, 2.0, 3.0):
    rule = SamplingRule(temperature=0, repetition_penalty=penalty)
    cache = model.empty_cache(1, 64)
    text = [1, *stream(model.next_logits, cache, [1], 50, rule)]
    log_p = keras.ops.log_softmax(model(np.array([text[:-1]], np.int32)))[0]
    chosen = np.take_along_axis(np.asarray(log_p), np.array(text[1:])[:, None], 1)
    repeated.append(repetition(text, 4))
    surprise.append(float(np.exp(-chosen.mean())))
assert repeated[-1] <= repeated[0] and surprise[-1] > surprise[0]
print([f"{r:.2f}" for r in repeated], [f"{s:.1f}" for s in surprise])
