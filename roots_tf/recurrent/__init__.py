"""Recurrent models: the article's section-5 model, as printed and made to train."""
