"""Recorded programs against true gradients: which line is wrong, and what the mistake is called."""
