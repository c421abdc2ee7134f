"""Search for hyperparameters: grid, random, Bayesian; by hand and by Keras Tuner.

Article: §3.3.2, §4.3.2.
"""
