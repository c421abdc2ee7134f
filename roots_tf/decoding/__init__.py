"""From next-token logits to tokens: sampling, beam search, the loop around a model."""
