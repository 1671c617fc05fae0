"""Somebody's script is run, and its call of ``fit`` captured; what is missing is made up."""

from .script import Captured, RefusedByKeras, capture_script, run_edited

__all__ = ["Captured", "RefusedByKeras", "capture_script", "run_edited"]
