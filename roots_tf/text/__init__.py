"""From raw text to padded batches of ids."""
