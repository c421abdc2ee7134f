"""E20: the number that the article gives for T5 is not that of T5's paper.

Article: §7.3.2, §10.
"""

import re

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

PRINTED, RIGHT = "2009.04104", "1910.10683"


def arxiv_month(number: str) -> tuple[int, int]:
    """Gives the year and month in which a paper came to arXiv.

    Numbers given since April 2007 begin with both, two digits each.

    Args:
        number: such as "1910.10683".

    Raises:
        ValueError: it is no such number.

    Example:
        >>> arxiv_month("1910.10683")
        (2019, 10)
    """
    match = re.fullmatch(r"(\d\d)(0[1-9]|1[0-2])\.\d{4,5}", number)
    if not match:
        raise ValueError(f"expected a number such as '1910.10683', got {number!r}")
    return 2000 + int(match[1]), int(match[2])


def months_late() -> int:
    """Gives how many months after T5's paper the printed number was given.

    Example:
        >>> months_late()
        11
    """
    printed, right = (
        12 * year + month for year, month in map(arxiv_month, (PRINTED, RIGHT))
    )
    return printed - right


def comparison() -> Comparison:
    """Gives when each of the two numbers was given, in months since January 2019."""
    months = {
        form: 12 * (arxiv_month(number)[0] - 2019) + arxiv_month(number)[1] - 1
        for form, number in (("printed", PRINTED), ("right", RIGHT))
    }
    return Comparison(
        "months from January 2019 to the paper",
        "paper",
        ["T5"],
        {form: [count] for form, count in months.items()},
    )


_NUMBERS = f"""\
The first four digits of an arXiv number are year and month. {RIGHT} is of October 2019;
{PRINTED} was given in September 2020, {months_late()} months later, when T5's paper had
been in print since June (JMLR 21, number 140).
"""

ENTRY = Erratum(
    id="E20",
    grade="B",
    sections=("7.3.2", "10"),
    title=f"T5's paper is {RIGHT}, not {PRINTED}.",
    printed=f"""
    §7.3.2 names T5 with "arXiv:{PRINTED}", and §10 links to it.
    """,
    right=f"""
    {RIGHT}: Raffel, Shazeer, Roberts, Lee, Narang, Matena, Zhou, Li, Liu, *Exploring
    the Limits of Transfer Learning with a Unified Text-to-Text Transformer*. The wrong
    number stands in other tutorials as well.
    """,
    source=f"""
    Raffel et al. 2020 ({RIGHT}; Journal of Machine Learning Research 21 (140), pages 1
    to 67).
    """,
    numbers=_NUMBERS,
)
