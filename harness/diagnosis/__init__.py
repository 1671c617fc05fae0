"""Why a network does not learn: faults, repairs, outcomes."""
