"""Finds what a machine lacks to run the project, and the command that mends it."""
