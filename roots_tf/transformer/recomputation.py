"""Recomputation (重计算): the memory of one block, not of all, for a third more work.

The backward pass needs what the forward pass computed inside each block: for L blocks L
times as much memory. Kept is the input of each block alone; when its turn comes in the
backward pass, the block is computed a second time. The gradients are the same.

Article: §8.1 (模型规模与性能提升).
Source: Chen et al. 2016 (1604.06174), §3, with one segment a block.
"""

import keras


def recomputed(block: keras.layers.Layer, x, **arguments):
    """Calls a block, and keeps nothing of what it computes on the way.

    Args:
        block: built, and without dropout: what is dropped would be drawn anew.
        x: tensor, the input that gradients flow to.
        **arguments: further arguments of the block, through which no gradients flow.
    """
    return keras.remat(lambda x: block(x, **arguments))(x)
