"""What to run: data, network, training. Built-in scenarios, TOML files, CSV and NPZ data. Imports no TensorFlow."""

from .scenario import (
    BUILT_IN,
    DTYPES,
    LONGEST_NAME,
    Scenario,
    load,
    parse_record,
    recorded_iterations,
)

__all__ = ["BUILT_IN", "DTYPES", "LONGEST_NAME", "Scenario", "load", "parse_record", "recorded_iterations"]
