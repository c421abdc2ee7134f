# %% [markdown]
# # Answers to the exercises of 00_start_here
#
# 1. The map says it; a section may have several.

# %%
from roots_tf import exercises
from roots_tf.sections import SECTIONS

(name,) = SECTIONS["3.2.2"].notebooks
assert exercises.check("00_start_here.1", name)

# %% [markdown]
# 2. Of the errata of §4.2.2 it is the one about Adam.

# %%
print(SECTIONS["4.2.2"].errata)
assert exercises.check("00_start_here.2", "E07")

# %% [markdown]
# 3. `python -m roots_tf.train.classifier --data reviews_en --seed 8` prints both and,
#    in its last lines, the difference with its 95 % interval: if that holds 0, nobody
#    has won.
