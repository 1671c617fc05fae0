"""Somebody's own NumPy network, read out of the recording of its run and trained again as a Keras program."""
