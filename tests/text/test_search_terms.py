"""Terms for search: code names, plurals, stop words, Han pairs."""

import pytest

from roots_tf.text.search_terms import search_terms


@pytest.mark.parametrize(
    "text, terms",
    [
        ("", []),
        ("read_csv", ["read", "csv", "readcsv"]),
        ("DataFrame HTTPServer", "data frame dataframe http server httpserver".split()),
        ("np.float32", ["np", "float", "32", "float32"]),
        ("How do I do the thing?", ["thing"]),
        ("ｎｕｍｐｙ café", ["numpy", "café"]),
        ("深度学习", ["深度", "度学", "学习"]),
        ("用numpy排序", ["用", "numpy", "排序"]),
        ("x" * 65, []),
        ("\x00\t\u200b😀…", []),
    ],
)
def test_terms_of(text, terms):
    assert search_terms(text) == terms


@pytest.mark.parametrize(
    "plural, singular",
    [
        # Harman 1991, table 1: each rule, and what it leaves alone.
        ("queries", "query"),
        ("indices", "indice"),
        ("arrays", "array"),
        ("series", "sery"),
        ("glass", "glass"),
        ("status", "status"),
        ("trees", "tree"),
        ("shoes", "shoe"),
        ("its", None),
        ("gas", "gas"),
    ],
)
def test_plurals_lose_their_ending(plural, singular):
    assert search_terms(plural) == ([singular] if singular else [])


def test_a_lone_surrogate_is_refused():
    with pytest.raises(ValueError, match="lone surrogate"):
        search_terms("caf\udce9")


def test_a_hundred_thousand_characters_are_taken():
    assert len(search_terms("word " * 20_000)) == 20_000
    assert len(search_terms("学" * 100_000)) == 99_999
