"""A fresh start for every weight.

Article: §2.5.
"""

import keras


def fresh_initializer(initializer) -> keras.initializers.Initializer:
    """Makes one more initializer of the same kind, for one more weight.

    An initializer object of Keras draws the same numbers whenever it is asked for the
    same shape: used for both, a query and a key projection would start out equal.

    Args:
        initializer: a name such as ``"glorot_uniform"``, an initializer or its
            configuration.

    Raises:
        ValueError: it has a seed, with which all weights would start out equal.
    """
    initializer = keras.initializers.get(initializer)
    configuration = initializer.get_config()
    if configuration.get("seed") is not None:
        raise ValueError(
            "expected an initializer without a seed, which would make all weights of "
            "one shape equal (use keras.utils.set_random_seed), got seed "
            f"{configuration['seed']!r}"
        )
    return initializer.__class__.from_config(configuration)
