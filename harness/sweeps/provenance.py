"""What the bits of a sweep depend on beside its job: the versions of libraries, and how this machine rounds."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import scipy
import tensorflow as tf

from ..version import __version__
from .sweep import Job, is_constant, train_part

PROBE_MEMBERS, PROBE_ITERATIONS = 16, 10


def versions() -> dict[str, str]:
    """Of what draws and trains, by name."""
    return {
        "harness": __version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "tensorflow": tf.__version__,
    }


def arithmetic(job: Job) -> str:
    """SHA-256 of the costs that the first members of a job come to within a few iterations.

    XLA compiles for the processor that it finds: another one may fuse a multiplication and an addition, or add up in
    another order, and so round otherwise. Members are trained here as in the sweep itself, by the same program.
    """
    drawn = (part for part in job.parts if not is_constant(job.scenario, part.combination.initializer))
    part = next(drawn, job.parts[0])
    iterations = min(1 + job.scenario.iterations // 100, PROBE_ITERATIONS)  # a small share of the work to come
    probe = replace(job, scenario=replace(job.scenario, iterations=min(job.scenario.iterations, iterations)))
    few = part._replace(members=part.members[:PROBE_MEMBERS])
    (found,) = train_part(probe, few, len(few.members))
    return hashlib.sha256(found.final_cost.astype("<f8").tobytes()).hexdigest()


def of(job: Job) -> dict[str, Any]:
    """Both, by name"""
    return {"versions": versions(), "arithmetic": arithmetic(job)}
