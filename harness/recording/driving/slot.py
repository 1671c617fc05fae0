"""An argument of a call that needs a value."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .roles import Role
from .source import Argument, FunctionFacts
from .uses import Uses

if TYPE_CHECKING:
    from .calling import Caller
    from .session import Session


@dataclasses.dataclass(frozen=True, kw_only=True)
class Slot:
    """An argument that a value is sought for, and what is known of it."""

    caller: Caller  # that builds the call
    function: FunctionFacts  # that is called
    argument: Argument
    role: Role  # what the argument stands for
    uses: Uses  # what the function does with it

    @property
    def session(self) -> Session:
        """The session that the call is made in."""
        return self.caller.session

    def as_a(self, role: Role) -> Slot:
        """The same argument in another role."""
        return dataclasses.replace(self, role=role)
