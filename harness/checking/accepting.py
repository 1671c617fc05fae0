"""Mistakes that the author of a file knows of and accepts, by a comment at their lines or by name."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from ..errors import BadInput, nearest, shown
from .mistakes import BY_ID
from .result import CheckResult, Found

COMMENT = re.compile(r"#\s*harness:\s*accept\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)")


def accept_known(result: CheckResult, names: Collection[str] = ()) -> CheckResult:
    """The result with those mistakes marked as accepted that the file or the caller accepts.

    A file accepts a mistake by the comment ``# harness: accept ID`` at the end of its line. This is for files of one's
    own: whoever grades hand-ins does not call it.

    Args:
        result: of the check.
        names: ids of mistakes that are accepted wherever they are.
    """
    mistakes = tuple(
        replace(found, accepted=found.id in names or found.id in accepted_at(found)) for found in result.mistakes
    )
    return replace(result, mistakes=mistakes)


def check_names(names: Collection[str]) -> None:
    """Raise BadInput for a name that is not that of a mistake."""
    for name in names:
        if name not in BY_ID:
            hint = f"harness explain lists all{nearest(name, sorted(BY_ID))}"
            raise BadInput(f"unknown mistake {shown(name)}", key="accept", hint=hint)


def accepted_at(found: Found) -> set[str]:
    """The ids in the comment at the line of a mistake."""
    comment = None if found.place is None else COMMENT.search(found.place.text)
    return set() if comment is None else {id.strip() for id in comment[1].split(",")}
