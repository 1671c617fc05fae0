"""What to run: data, network, training. Built-in scenarios, TOML files, CSV and NPZ data. Imports no TensorFlow."""
