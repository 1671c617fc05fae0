"""What to run: data, network, training. Built-in scenarios, TOML files, CSV and NPZ data. Imports no TensorFlow."""

from .scenario import (
    BUILT_IN,
    DTYPES,
    MAX_NAME_CHARACTERS,
    Scenario,
    load,
    parse_record,
    recorded_iterations,
)

__all__ = ["BUILT_IN", "DTYPES", "MAX_NAME_CHARACTERS", "Scenario", "load", "parse_record", "recorded_iterations"]
