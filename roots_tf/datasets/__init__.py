"""Data sets: where they come from, how they are fetched, and readers with one schema.

Article: §5.3.3 (模型训练, step 1, data preparation), §6 (applications).

Run ``python -m roots_tf.datasets`` for the list.
"""
