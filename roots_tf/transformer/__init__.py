"""The layers that every Transformer is made of, one idea a file."""
