"""Plans of the iterations to record, such as "every 10" or "log"."""

from __future__ import annotations

import re

import numpy as np

MAX_RECORDED_ITERATIONS = 100_000


def parse_record(record: str) -> tuple[str, int]:
    """Parse a plan: "every 10" is ("every", 10); without a number it is 0.

    Raises:
        ValueError: the plan is not one of these.
    """
    match = re.fullmatch(r"(all|log)|(every|log) +([1-9][0-9]{0,9})", record)
    if match is None:
        raise ValueError("must be 'all', 'every K', 'log' or 'log N' with a positive integer")
    return (match[1], 0) if match[1] else (match[2], int(match[3]))


def max_recorded(record: str, iterations: int) -> int:
    """An upper bound for the number of iterations that ``recorded_iterations`` gives."""
    plan, number = parse_record(record)
    points = {"all": iterations, "every": iterations // max(number, 1) + 1, "log": number + 3 * len(str(iterations))}
    return 1 + min(points[plan], iterations)


def recorded_iterations(record: str, iterations: int) -> tuple[int, ...]:
    """Rising iterations with 0 and ``iterations``: all, every K-th, or 1, 2, 5, 10, ... and N evenly spaced in log.

    Raises:
        ValueError: the plan is not one of these.
    """
    plan, number = parse_record(record)
    if plan == "all":
        return tuple(range(iterations + 1))
    if plan == "every":
        return tuple(sorted({*range(0, iterations + 1, number), iterations}))
    points = {digit * 10**power for power in range(len(str(iterations))) for digit in (1, 2, 5)}
    if iterations:
        points |= {round(point) for point in np.geomspace(1, iterations, min(number, MAX_RECORDED_ITERATIONS)).tolist()}
    return tuple(sorted({0, iterations, *(point for point in points if point < iterations)}))
