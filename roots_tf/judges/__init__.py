"""The notebooks' exercises: what is right, and which mistakes are typical."""
