# %% [markdown]
# # §10 扩展阅读 & 参考资料: answers
#
# ## 1. When a wrong recall is right
#
# The wording gives $\frac{TP}{TP + FP}$ for $\frac{TP}{TP + FN}$: the same where there
# are as many false negatives as false positives, 2. Then $F_1$ is right as well.

# %%
import re

import matplotlib.pyplot as plt
import numpy as np

from roots_tf import exercises
from roots_tf.errata.comparison import Comparison
from roots_tf.errata.e07_adam_bias import PEAK, step_size_ratio
from roots_tf.errata.e08_recall import binary_scores, printed_scores
from roots_tf.errata.e09_random_search import chance_of_success
from roots_tf.errata.e20_t5_number import arxiv_month
from roots_tf.errata.e23_links import is_lasting
from roots_tf.errata.e25_what_is_right import means
from roots_tf.errata.erratum import Erratum
from roots_tf.monitoring.comparison_figure import draw_comparison

same = [n for n in range(100) if binary_scores(8, 2, n, 50)["recall"] == 0.8]
assert same == [2]
assert exercises.check("10_errata.1", same[0])
assert binary_scores(8, 2, 2, 50) == printed_scores(8, 2, 2, 50)
print("false negatives:", *same)

# %% [markdown]
# ## 2. The step that is too large the most
#
# The ratio is $\frac{1 - \beta_1^t}{\sqrt{1 - \beta_2^t}}$. The numerator is near 1
# after some ten steps, $\beta_1$ being 0.9; the denominator takes a thousand. So the
# ratio rises while $m$ fills and falls while $v$ does.

# %%
t = np.arange(1, 5001)
ratios = step_size_ratio(t)
worst = int(t[ratios.argmax()])
assert exercises.check("10_errata.2", worst)
assert worst == 12 and np.isclose(ratios.max(), PEAK)
assert (np.diff(ratios[:worst]) > 0).all() and (np.diff(ratios[worst:]) < 0).all()
print(f"step {worst}: {ratios.max():.2f} times the learning rate")

# %% [markdown]
# ## 3. Draws enough
#
# All draws miss with $(1 - 0.01)^n$, which is to be 0.01 at most: $n \ge \frac{\log
# 0.01}{\log 0.99}$.

# %%
draws = next(n for n in range(1, 1000) if chance_of_success(n, top=0.01) >= 0.99)
assert draws == np.ceil(np.log(0.01) / np.log(0.99)) == 459
assert exercises.check("10_errata.3", draws)
print("draws:", draws)

# %% [markdown]
# ## 4. References that last
#
# One arXiv number, one DOI, one page of a company.

# %%
references = [
    "https://arxiv.org/abs/1706.03762",
    "https://doi.org/10.1038/323533a0",
    "https://research.fb.com/publications/",
]
for link in references:
    number = re.search(r"\d{4}\.\d{4,5}", link)
    given = "{}-{:02}".format(*arxiv_month(number[0])) if number else ""
    print(f"{link:40} {'lasting' if is_lasting(link) else 'may change':11} {given}")
assert [is_lasting(link) for link in references] == [True, True, False]
assert arxiv_month("1706.03762") == (2017, 6)

# %% [markdown]
# ## 5. An entry of one's own
#
# Often read: "F1 is the average of precision and recall". It is their harmonic mean,
# which is near the smaller of the two.

# %%
entry = Erratum(
    id="E26",
    grade="A",
    sections=("4.3.1",),
    title="F1 is not the arithmetic mean.",
    printed="F1 is the average of precision and recall.",
    right="F1 is their harmonic mean.",
    source="Manning, Raghavan, Schütze 2008, §8.3, eq. 8.5 and 8.6.",
    numbers="Precision 1, recall 0.1: 0.55, and not more than 0.18.",
)
percents = range(10, 101, 10)
by_recall = [means(1.0, percent / 100) for percent in percents]
values = {
    "printed": [one["arithmetic"] for one in by_recall],
    "right": [one["harmonic"] for one in by_recall],
}
own = Comparison("F1, precision 1", "recall, %", percents, values)
assert own.places[own.widest()] == 10
assert np.isclose(values["printed"][0], 0.55) and round(values["right"][0], 2) == 0.18
draw_comparison(plt.gca(), percents, values, title=own.measured, xlabel=own.by)
print(entry.title, own.line())
