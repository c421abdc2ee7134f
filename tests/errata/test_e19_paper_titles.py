"""E19: the titles printed, word by word."""

from roots_tf.errata.e19_paper_titles import ENTRY, PAPERS, words, words_in_print
from roots_tf.errata.e20_t5_number import arxiv_month


def test_the_title_printed_for_word2vec_has_no_word_of_the_papers():
    # Counted by eye: efficient estimation of word representations in vector space;
    # word2vec google's neural network embeddings.
    assert words_in_print()["Word2Vec"] == (8, 0, 5)
    assert "| 1301.3781 | 0 of 8 | 5 |" in ENTRY.numbers


def test_gpt_3s_title_is_right_but_for_one_word_before_it():
    assert words_in_print()["GPT-3"] == (5, 5, 1)
    assert "| 2005.14165 | 5 of 5 | 1 |" in ENTRY.numbers


def test_the_titles_of_glove_and_bert_are_right():
    # glove global vectors for word representation: 6; bert pre-training of deep
    # bidirectional transformers for language understanding: 9.
    assert words_in_print()["GloVe"] == (6, 6, 0)
    assert words_in_print()["BERT"] == (9, 9, 0)


def test_a_hyphen_and_an_apostrophe_divide_no_word_and_case_is_nothing():
    assert words("Google's Few-Shot, GPT-3: few-shot") == {
        "google's",
        "few-shot",
        "gpt-3",
    }


def test_the_years_are_those_of_the_arxiv_numbers():
    on_arxiv = [paper for paper in PAPERS if paper.link[0].isdigit()]

    assert len(on_arxiv) == 3
    for paper in on_arxiv:
        assert arxiv_month(paper.link)[0] == paper.year
