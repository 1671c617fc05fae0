"""Why a network does not learn: hypotheses, and the runs that prove or refute them."""

from ...measures.learning import target_of
from ...scenario.effort import BUDGET_SECONDS
from .case import Case, asked_after, case_of
from .judge import diagnose

__all__ = ["BUDGET_SECONDS", "Case", "asked_after", "case_of", "diagnose", "target_of"]
