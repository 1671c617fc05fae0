"""Somebody's Keras program: how it is captured, copied, trained again, and what contradicts itself in it."""
