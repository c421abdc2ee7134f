"""Models put to use: a text in, an answer out, kept in one folder."""
