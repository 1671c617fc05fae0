"""What the bits of a sweep depend on besides its job: library versions, and how this machine rounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy
import tensorflow as tf

from .. import cluster
from ..version import __version__
from .sweep import Job, is_constant, train_part

PROBE_MEMBERS, PROBE_ITERATIONS = 16, 10


def versions() -> dict[str, str]:
    """The versions of the libraries that draw and train, by name."""
    return {"harness": __version__, "numpy": np.__version__, "scipy": scipy.__version__, "tensorflow": tf.__version__}


def arithmetic(job: Job) -> str:
    """SHA-256 of the costs of the first members of a job after a few iterations.

    XLA compiles for the processor that it finds. Another one may fuse a multiplication and an addition, or add in
    another order, and so round differently. The members are trained by the same program as in the sweep.
    """
    drawn = (part for part in job.parts if not is_constant(job.scenario, part.combination.initializer))
    part = next(drawn, job.parts[0])
    iterations = min(1 + job.scenario.iterations // 100, PROBE_ITERATIONS)  # a small share of the work to come
    probe = replace(job, scenario=replace(job.scenario, iterations=min(job.scenario.iterations, iterations)))
    few = part._replace(members=part.members[:PROBE_MEMBERS])
    (group,) = train_part(probe, few, len(few.members))
    return cluster.digest_of(group.final_cost)


def provenance_of(job: Job) -> dict[str, Any]:
    """Versions and arithmetic, by name."""
    return {"versions": versions(), "arithmetic": arithmetic(job)}
