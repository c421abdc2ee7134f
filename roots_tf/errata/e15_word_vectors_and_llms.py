"""E15: Word2Vec and GloVe are no step of training a large language model.

Article: §1.4.2, §2.3, §2.4, §9.2. The counts are closed forms.
"""

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.e11_bilstm_is_no_bert import bert_parameters, gpt2_parameters
from roots_tf.errata.erratum import Erratum

HIDDEN_SIZE = 768  # of BERT-base and of the small GPT-2


def token_table_shares() -> dict[str, tuple[int, float]]:
    """Gives, by model, the size of the table of token vectors and its share of all.

    Example:
        >>> numbers, share = token_table_shares()["BERT-base"]
        >>> numbers, round(share, 3)
        (23440896, 0.214)
    """
    models = {
        "BERT-base": (30_522, bert_parameters()),
        "GPT-2 small": (50_257, gpt2_parameters()),
    }
    return {
        name: (vocab_size * HIDDEN_SIZE, vocab_size * HIDDEN_SIZE / parameters)
        for name, (vocab_size, parameters) in models.items()
    }


def comparison() -> Comparison:
    """Counts what a model learns itself: all but the token vectors, as printed; all."""
    tables = token_table_shares()
    totals = [size / share for size, share in tables.values()]
    return Comparison(
        "parameters learned on the model's own task",
        "model",
        list(tables),
        {
            "printed": [
                round(total - size)
                for total, (size, _) in zip(totals, tables.values(), strict=True)
            ],
            "right": [round(total) for total in totals],
        },
    )


def _rows():
    return "\n".join(
        f"| {name} | {size:,} | {share:.1%} |"
        for name, (size, share) in token_table_shares().items()
    )


_NUMBERS = f"""\
Numbers in the table of token vectors, none of which comes from Word2Vec or GloVe:

| model | token vectors | share of its parameters |
| --- | --- | --- |
{_rows()}

Of V words, one-hot vectors have V dimensions, and any two are equally far apart
(distance 1.414, cosine 0). Word vectors have some 100 to 300 dimensions whatever V is,
and near ones mean something.
"""

ENTRY = Erratum(
    id="E15",
    grade="C",
    sections=("1.4.2", "2.3", "2.4", "9.2"),
    title="Word2Vec and GloVe are no step of training a large language model.",
    printed="""
    §2.4 and §9.2 make word vectors by Word2Vec or GloVe a core algorithm of, and step 2
    of training, a large language model; §1.4.2 and §2.3 say that word vectors map words
    into a high-dimensional space (高维空间).
    """,
    right="""
    A language model's token vectors start at random and are learned together with all
    else, on the model's own task, for pieces of words (BPE, WordPiece, unigram), not
    for words; what stands for a token in its context comes out of the layers. Word2Vec
    and GloVe are a line of their own: one vector a word, whatever the context. They
    are worth having where there is little data or little time, as the first layer of a
    small classifier. And the space is low-dimensional: that, and being dense, is the
    point of word vectors beside one-hot vectors.
    """,
    source="""
    Devlin et al. 2018 (1810.04805), §3; Brown et al. 2020 (2005.14165), §2; pieces of
    words: Sennrich, Haddow, Birch 2016 (1508.07909), Kudo, Richardson 2018
    (1808.06226).
    """,
    numbers=_NUMBERS,
)
