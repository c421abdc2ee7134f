"""E11: the model that §5 calls BERT is a bidirectional LSTM.

Article: §5.2, §5.3.1. The counts below are closed forms, so that nothing has to be
downloaded or built to compare the models.
"""

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum


def printed_model_parameters(
    vocab_size: int = 10_000,
    embedding_dim: int = 128,
    hidden_size: int = 128,
    output_size: int = 2,
) -> dict[str, int]:
    """Counts the printed model's parameters, layer by layer.

    An LSTM has four gates, each with a weight for every input feature and every hidden
    feature, and a bias: `4 H (E + H + 1)`; there are two of them.

    Example:
        >>> sum(printed_model_parameters().values())
        1543682
    """
    lstm = 4 * hidden_size * (embedding_dim + hidden_size + 1)
    return {
        "embedding": vocab_size * embedding_dim,
        "bidirectional LSTM": 2 * lstm,
        "dense": (2 * hidden_size + 1) * output_size,
    }


def transformer_block_parameters(hidden_size: int, intermediate_size: int) -> int:
    """Counts one block: attention's four projections, two dense layers, two norms.

    BERT and GPT-2 have the same number; they differ in where the norms stand and in
    what a token may attend to.
    """
    attention = 4 * (hidden_size**2 + hidden_size)
    feed_forward = 2 * hidden_size * intermediate_size + intermediate_size + hidden_size
    layer_norms = 2 * 2 * hidden_size
    return attention + feed_forward + layer_norms


def bert_parameters(
    vocab_size: int = 30_522,
    hidden_size: int = 768,
    num_layers: int = 12,
    intermediate_size: int = 3072,
    max_positions: int = 512,
    num_segments: int = 2,
) -> int:
    """Counts BERT's encoder and pooler; the defaults are BERT-base, uncased.

    Example:
        >>> bert_parameters()
        109482240
    """
    tables = (vocab_size + max_positions + num_segments) * hidden_size
    embedding_norm = 2 * hidden_size
    blocks = num_layers * transformer_block_parameters(hidden_size, intermediate_size)
    pooler = hidden_size**2 + hidden_size
    return tables + embedding_norm + blocks + pooler


def gpt2_parameters(
    vocab_size: int = 50_257,
    hidden_size: int = 768,
    num_layers: int = 12,
    max_positions: int = 1024,
) -> int:
    """Counts GPT-2, whose output table is its input table; defaults: the small one.

    Example:
        >>> gpt2_parameters()
        124439808
    """
    tables = (vocab_size + max_positions) * hidden_size
    blocks = num_layers * transformer_block_parameters(hidden_size, 4 * hidden_size)
    last_norm = 2 * hidden_size
    return tables + blocks + last_norm


def comparison() -> Comparison:
    """Counts parameters by part: of the printed model, and of BERT-base."""
    printed = list(printed_model_parameters().values())
    blocks = 12 * transformer_block_parameters(768, 3072)
    pooler = 768**2 + 768
    embeddings = bert_parameters() - blocks - pooler
    return Comparison(
        "parameters",
        "part",
        ["embeddings", "LSTM, or blocks", "dense, or pooler"],
        {"printed": printed, "right": [embeddings, blocks, pooler]},
        logarithmic=True,
    )


_LAYERS = printed_model_parameters()
_TERMS = " + ".join(f"{count:,} {layer}" for layer, count in _LAYERS.items())

ENTRY = Erratum(
    id="E11",
    grade="A",
    sections=("5.2", "5.3.1"),
    title="The model called BERT is a bidirectional LSTM.",
    printed="""
    "A simple BERT model" (一个简单的BERT模型) of three layers: an embedding, a
    bidirectional LSTM, a dense layer.
    """,
    right="""
    BERT is a stack of self-attention blocks in which each token attends to all others
    at once. It reads WordPiece tokens between `[CLS]` and `[SEP]`, adds a segment and a
    position vector to each token's vector, and is trained twice: on unlabelled text to
    fill in 15 % of the tokens (of which 80 % are masked, 10 % replaced, 10 % left) and
    to tell whether one sentence follows another; then, fine-tuned, on the task. The
    printed model has none of these. What it is: the bidirectional LSTM tagger.
    """,
    source="""
    Devlin, Chang, Lee, Toutanova 2018, "BERT: Pre-training of Deep Bidirectional
    Transformers for Language Understanding" (1810.04805), §3, §3.1, appendix A. The
    tagger: Huang, Xu, Yu 2015 (1508.01991), §2.2.
    """,
    numbers=f"""
    Parameters, counted in closed form:

    | model | parameters |
    | --- | --- |
    | §5.2 as printed: {_TERMS} | {sum(_LAYERS.values()):,} |
    | BERT-base, uncased: encoder and pooler | {bert_parameters():,} |
    | GPT-2 small | {gpt2_parameters():,} |
    """,
)
