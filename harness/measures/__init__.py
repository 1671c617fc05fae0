"""Facts about data, weights and activations: constant predictions, clones, saturation, plateaus."""
