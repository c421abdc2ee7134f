"""The four trends at the article's end, each with an answer that runs."""
