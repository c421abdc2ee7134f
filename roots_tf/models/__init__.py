"""Architectures made of the layers in ``roots_tf.transformer``, one a file."""
