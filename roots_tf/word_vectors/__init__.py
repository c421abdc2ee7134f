"""Word vectors (词向量): Word2Vec and GloVe, from a stream of text to a table."""
