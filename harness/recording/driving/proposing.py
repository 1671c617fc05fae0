"""What to propose if nothing trains a file: calls that can be run as they are, and that the user may have to complete.

Every name in them is defined by the file, by an earlier call or by the data of ``run``. What cannot be guessed is given
as ``name=...``.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from ..tape import StopRecording
from .calling import Caller
from .data import INPUT_TEXT, INPUTS, OUTPUTS, Form, Labels, pairs_text, target_text
from .goals import Goal, add_method
from .roles import Role
from .slot import Slot
from .source import Argument, FunctionFacts
from .watching import Overrun
from .words import LAYER_CLASS, PASS_BACK, PASS_FORWARD

TO_FILL_IN = "..."
ONE_LAYER = (INPUTS, OUTPUTS)
RESULT = "outputs"  # the name of what a forward pass returns


def propose_calls(caller: Caller, goals: Sequence[Goal]) -> list[str]:
    """The calls that train, with the data of ``run`` and the driver's own settings; none without a goal.

    Args:
        caller: of a session that nothing was run in.
        goals: what could be called, most likely first; one that trains goes before one that returns gradients.
    """
    for goal in sorted(goals, key=lambda one: one.gradients):
        if goal.function is not None:
            return _Proposal(caller).calls(goal.owner, goal.function, constructs=goal.constructor)
    return []


class _Proposal:
    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.session = caller.session
        self.lines = [one.text for one in self.session.statements]  # settings that only the main block has
        self.is_passed = False  # whether a forward pass was called, whose outputs have a name then

    def calls(self, owner: str, function: FunctionFacts, *, constructs: bool) -> list[str]:
        """The lines that make an object, if it needs one, and call a function."""
        if not owner:
            call = f"{function.name}({self._given(function)})"
            return [*self.lines, call]
        net = self.session.new_name("net")
        self.session.dims = ONE_LAYER if LAYER_CLASS.search(owner) else None
        given = self._given_to_make(owner)
        self.lines.append(f"{net} = {owner}({given})")
        self.session.dims = ONE_LAYER  # of what is added
        for part in [] if constructs else [*self._called_before(owner, function), function]:
            call = f"{net}.{part.name}({self._given(part)})"
            passes = PASS_FORWARD.match(part.name) is not None and part.returns_something
            self.is_passed |= passes
            self.lines.append(f"{RESULT} = {call}" if passes else call)
        return self.lines

    def _given_to_make(self, owner: str) -> str:
        """The arguments of a constructor; if it fails with them, only those that are numbers and texts, or none."""
        constructor, before = self.caller.facts.constructor(owner), len(self.lines)
        given = self._given(constructor)
        if constructor is None or TO_FILL_IN in given or self._is_made(f"{owner}({given})"):
            return given
        values = [self._value(constructor, argument) for argument in constructor.required]
        del self.lines[before:]
        kept = [one if isinstance(_literal(one), (int, float, str)) else TO_FILL_IN for one in values]
        kept = kept if TO_FILL_IN in kept else [TO_FILL_IN] * len(kept)
        return ", ".join(f"{argument.name}={one}" for argument, one in zip(constructor.required, kept))

    def _is_made(self, text: str) -> bool:
        """Whether an expression can be evaluated."""
        try:
            self.session.run(text)
        except (Exception, SystemExit, Overrun, StopRecording):
            return False
        finally:
            del self.session.statements[-1:]
        return True

    def _called_before(self, owner: str, function: FunctionFacts) -> list[FunctionFacts]:
        """The methods that a network needs before the one that trains it: layers are added, and passes made."""
        facts = self.caller.facts
        methods = facts.methods(owner)
        reached = {part.name for part in facts.reach(function)}
        constructor = facts.constructor(owner)
        adding = add_method(facts, owner) if constructor is None or not constructor.required else None
        found = [adding] if adding is not None else []
        if self.caller.roles_of(function) & {Role.INPUTS, Role.PAIRS}:
            return found
        for pattern in (PASS_FORWARD,) if PASS_BACK.match(function.name) else (PASS_FORWARD, PASS_BACK):
            found += [one for name, one in methods.items() if pattern.match(name) and name not in reached][:1]
        return found

    def _given(self, function: FunctionFacts | None) -> str:
        """The arguments that a function needs; by name from the first one on that has to be filled in."""
        if function is None:
            return ""
        found: list[str] = []
        values: list[str] = []
        for argument in function.required:
            text = self._value(function, argument)
            if text in ("X", "X.T") and text in values:
                text = f"np.copy({text})"  # not the same data for the training and the validation
            values.append(text)
            is_named = argument.keyword_only or TO_FILL_IN in values
            found.append(f"{argument.name}={text}" if is_named else text)
        return ", ".join(found)

    def _value(self, function: FunctionFacts, argument: Argument) -> str:
        """The expression for one argument."""
        role, uses = self.caller.role(function, argument)
        if role in (Role.INPUTS, Role.TARGETS, Role.PAIRS):
            return self._data(role)
        is_global = argument.name in self.session.own and not callable(self.session.names[argument.name])
        if is_global and not self.caller.is_batch_beyond_data(argument.name, role):
            return argument.name
        if role in (Role.UPSTREAM, Role.OUTPUTS):
            upstream = f"{RESULT} - {self._data(Role.TARGETS)}"
            return TO_FILL_IN if not self.is_passed else upstream if role is Role.UPSTREAM else RESULT
        if role is Role.STEP_COUNT:
            return "1"
        before = len(self.session.statements)
        try:
            slot = Slot(caller=self.caller, function=function, argument=argument, role=role, uses=uses)
            option = next(iter(self.caller.by_role(slot)), TO_FILL_IN)
            text = option() if callable(option) else option
        except (Exception, SystemExit, Overrun, StopRecording):  # what it would be made of cannot be made
            text = TO_FILL_IN
        made = [one.text for one in self.session.statements[before:]]
        if not self._can_be_run([*made, text]):
            del self.session.statements[before:]
            return TO_FILL_IN
        self.lines += made
        return text

    def _data(self, role: Role) -> str:
        """The expression for the data of ``run``, in rows or in columns; its y has one column, and its Y several."""
        picked, labels = self.session.pick_form(), self.session.pick_labels()
        form = picked if picked is Form.COLUMNS else Form.ROWS
        if role is Role.INPUTS:
            return INPUT_TEXT[form]
        text = pairs_text(labels, Form.ROWS) if role is Role.PAIRS else target_text(labels, form)
        if not labels.one_output:
            return text
        own = "np.where(y > 0, 1, -1)" if labels is Labels.SIGNS else "y"
        return text.replace("Y", own)

    def _can_be_run(self, texts: Sequence[str]) -> bool:
        """Whether texts fit in one line, and every name in them is defined there."""
        try:
            statements = ast.parse("; ".join(texts)).body
        except SyntaxError:
            return False
        nodes = [node for statement in statements for node in ast.walk(statement)]
        bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        known = {*self.session.names, "X", "Y", "y", "labels"} - {"i"}  # which counts iterations
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        return "\n" not in "".join(texts) and all(one in bound | known or hasattr(builtins, one) for one in used)


def _literal(text: str) -> object:
    """The value of a literal; None for another expression."""
    try:
        return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError):
        return None
