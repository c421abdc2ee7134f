"""Which points of a long run are written: many at first, then ever fewer.

Article: §7.2.2 (TensorBoard). What changes fast changes early; a run of a hundred times
as many steps is no hundred times as interesting, and its log must not be.
"""


def is_written(number: int, dense: int) -> bool:
    """Tells whether the point of that number is one to write.

    Of the first 2 ``dense`` points all are, of the next 2 ``dense`` each second, of the
    next 4 ``dense`` each fourth, and so on: ``dense`` points for each doubling.

    Args:
        number: of the point, from 1.
        dense: points for each doubling, 1 or more.

    Example:
        >>> [number for number in range(1, 20) if is_written(number, dense=2)]
        [1, 2, 3, 4, 6, 8, 12, 16]
    """
    apart = 1 << max(0, ((number - 1) // dense).bit_length() - 1)
    return number % apart == 0
