"""Somebody's NumPy program, run in a child process and recorded as a graph of array operations."""
