"""The article's statements as printed, callable, beside the right ones."""
