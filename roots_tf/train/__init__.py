"""Training scripts: ``python -m roots_tf.train.<name> --help``."""
