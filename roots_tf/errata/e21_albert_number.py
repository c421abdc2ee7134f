"""E21: the number that the article gives for ALBERT is that of Megatron-LM.

Article: §7.3.2, §10. The counts are closed forms.
"""

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.e11_bilstm_is_no_bert import bert_parameters
from roots_tf.errata.erratum import Erratum

PRINTED, RIGHT = "1909.08053", "1909.11942"
MEGATRON_PARAMETERS = 8_300_000_000  # Shoeybi et al. 2019, abstract


def albert_parameters(
    vocab_size: int = 30_000,
    embedding_size: int = 128,
    hidden_size: int = 768,
    intermediate_size: int = 3072,
    positions: int = 512,
) -> int:
    """Counts the encoder with its pooler; the defaults are ALBERT-base.

    The number of layers does not matter: all share one block.

    Example:
        >>> albert_parameters()
        11683584
    """
    e, d, f = embedding_size, hidden_size, intermediate_size
    embeddings = (vocab_size + positions + 2) * e + 2 * e  # 2 segments; layer norm
    projection = e * d + d
    block = 4 * (d * d + d) + (d * f + f) + (f * d + d) + 2 * 2 * d
    pooler = d * d + d
    return embeddings + projection + block + pooler


def comparison() -> Comparison:
    """Counts the parameters of whose paper is linked to, and of whose is meant."""
    return Comparison(
        "parameters of the paper's model",
        "paper",
        ["ALBERT"],
        {"printed": [MEGATRON_PARAMETERS], "right": [albert_parameters()]},
        logarithmic=True,
    )


_SHARE = albert_parameters() / bert_parameters()
_NUMBERS = f"""\
| | parameters |
| --- | --- |
| BERT-base | {bert_parameters():,} |
| ALBERT-base | {albert_parameters():,} ({_SHARE:.1%}) |
| Megatron-LM's largest | {MEGATRON_PARAMETERS / 1e9:.1f} billion |

The printed number leads from a paper on fewer parameters to one on more.
"""

ENTRY = Erratum(
    id="E21",
    grade="B",
    sections=("7.3.2", "10"),
    title=f"ALBERT's paper is {RIGHT}; {PRINTED} is Megatron-LM's.",
    printed=f"""
    §7.3.2 names ALBERT with "arXiv:{PRINTED}", and §10 links to it.
    """,
    right=f"""
    {RIGHT}: Lan, Chen, Goodman, Gimpel, Sharma, Soricut, *ALBERT: A Lite BERT for
    Self-supervised Learning of Language Representations*. {PRINTED} is Shoeybi et al.,
    *Megatron-LM: Training Multi-Billion Parameter Language Models Using Model
    Parallelism*.
    """,
    source=f"""
    Lan et al. 2020 ({RIGHT}), §3.1 and table 1; Shoeybi et al. 2019 ({PRINTED}),
    abstract.
    """,
    numbers=_NUMBERS,
)
