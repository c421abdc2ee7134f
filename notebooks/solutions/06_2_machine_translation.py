# %% [markdown]
# # §6 (2) 机器翻译, machine translation: answers
#
# ## 1. BLEU by hand
#
# Of the words 5 of 6 stand in the reference, of the pairs 3 of 5 ("the cat", "cat sat",
# "sat on"), of the triples 2 of 4, of the fours 1 of 3. Lengths are equal: no brevity
# penalty. $(5/6 \cdot 3/5 \cdot 2/4 \cdot 1/3)^{1/4} = 0.537$.

# %%
import numpy as np

from roots_tf import exercises
from roots_tf.datasets.parallel import SentencePair, divide_pairs
from roots_tf.datasets.splits import divide
from roots_tf.evaluation.translation_metrics import translation_scores
from roots_tf.recurrent.seq2seq import Seq2Seq, Seq2SeqConfig

by_hand = 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25
texts = ["the cat sat on a mat"], [["the cat sat on the mat"]]
assert np.isclose(translation_scores(*texts, "en")["bleu"], by_hand)
assert exercises.check("06_2_machine_translation.1", by_hand)
print(by_hand)

# %% [markdown]
# ## 2. Parameters
#
# The table has 2,048,000 in both; attention adds $W_a$, $2 D^2$, and the wider $W_c$,
# $2 D E$: 262,144 together.

# %%
counts = {
    attention: Seq2SeqConfig(8_000, 256, 256, attention).parameter_count
    for attention in (False, True)
}
attention = counts[True] - counts[False]
assert attention == 2 * 256**2 + 2 * 256 * 256 == 262_144
assert exercises.check("06_2_machine_translation.2", attention)
print(counts)

# %% [markdown]
# ## 3. One state for the whole source
#
# A softmax over one score is 1: every $a_t = 1$, and the context is that one vector at
# every step. It is the model of the fixed-length vector again.

# %%
model = Seq2Seq(Seq2SeqConfig(10, 4, 4, attention=True))
model.build()
one_token = {"source_ids": np.int32([[7]]), "target_ids": np.int32([[0, 3, 4]])}
(weights,) = model.attention_weights(one_token)["cross"]
assert np.array_equal(weights, np.ones((1, 1, 3, 1)))
assert exercises.check("06_2_machine_translation.3", 1)

# %% [markdown]
# ## 4. The length penalty
#
# $-6 / (13/6)^\alpha > -5 / (10/6)^\alpha$ where $(13/10)^\alpha > 6/5$, which is
# $\alpha > \ln 1.2 / \ln 1.3 = 0.695$.

# %%
least = np.log(6 / 5) / np.log(13 / 10)
for alpha, longer_wins in ((0.0, False), (least - 0.01, False), (least + 0.01, True)):
    scores = [
        logarithm / ((5 + length) / 6) ** alpha
        for logarithm, length in ((-6, 8), (-5, 5))
    ]
    assert (scores[0] > scores[1]) == longer_wins
assert exercises.check("06_2_machine_translation.4", least)
print(least)

# %% [markdown]
# ## 5. Sentences that are shared
#
# Sixty sentences of either language, a hundred pairs: nearly all are linked, so that
# `divide_pairs` puts them into one part. Divided pair by pair, most sentences of the
# test stand in training too.


# %%
def sentences(pairs):
    return {sentence for pair in pairs for sentence in pair}


def known_sentences(train, test):
    return len(sentences(train) & sentences(test))


assert exercises.check("06_2_machine_translation.5", known_sentences)
random = np.random.default_rng(0)
pairs = [SentencePair(f"句{n}", f"s{m}") for n, m in random.integers(60, size=(100, 2))]
by_pair, _ = divide({"all": [(f"{zh} {en}", (zh, en)) for zh, en in pairs]})
by_group, _ = divide_pairs({"all": pairs}, by=1)
for rows in ({p: [row for _, row in part] for p, part in by_pair.items()}, by_group):
    known, asked = known_sentences(rows["train"], rows["test"]), sentences(rows["test"])
    print(f"{known} of {len(asked)} sentences of the test are in training")
assert known == 0  # divided by group
