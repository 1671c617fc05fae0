"""Why a network does not learn: hypotheses, and the runs that prove or refute them."""

from .case import Case, asked_after, case_of
from .judge import diagnose

__all__ = ["Case", "asked_after", "case_of", "diagnose"]
