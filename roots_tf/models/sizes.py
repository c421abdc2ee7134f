"""What the sizes of a model must satisfy, whichever model it is.

Article: §2.5.
"""

import dataclasses

from roots_tf.transformer.feed_forward import ACTIVATIONS


def check_sizes(config) -> None:
    """Checks a dataclass of sizes, as far as it has the fields.

    Args:
        config: its int fields are sizes, ids excepted; fields that end in ``dropout``
            are probabilities.

    Raises:
        ValueError: a size is below 1 or an id below 0, a probability is not from 0 to
            below 1, ``num_heads`` does not divide ``hidden_size``, or there is no such
            ``activation``.
    """
    for field in dataclasses.fields(config):
        name, value = field.name, getattr(config, field.name)
        least = 0 if name.endswith("_id") else 1
        if field.type is int and value < least:
            raise ValueError(f"expected {name} of {least} or more, got {value}")
        if name.endswith("dropout") and not 0 <= value < 1:
            raise ValueError(f"expected {name} from 0 to below 1, got {value}")
    if config.hidden_size % config.num_heads:
        raise ValueError(
            "expected a hidden_size that is a multiple of num_heads, "
            f"got {config.hidden_size} and {config.num_heads}"
        )
    activation = getattr(config, "activation", "relu")
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"expected an activation of {', '.join(ACTIVATIONS)}, got {activation!r}"
        )
