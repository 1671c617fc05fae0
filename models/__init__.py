"""The same dense network, written several ways. Knows nothing of the harness that compares them."""
