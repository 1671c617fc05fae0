"""The entry point: tries calls until parameters are updated."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..failures import is_never_set, is_wrong_call
from ..tape import StopRecording
from .calling import Caller
from .choices import BLAMED_COST, CLEARED_COST, COST, Choices, Exhausted, Search
from .data import BATCH, Labels
from .examples import find_examples
from .goals import STEP_NAME, Goal, find_goals
from .gradients import pair_gradients
from .pairs import PairKind, PairPlan, find_pairs
from .result import Attempt, Driven
from .roles import TARGET_NAME, Role, role_of
from .session import (
    FILE,
    MAX_SIZES,
    SHAPE_MESSAGE,
    Hints,
    Session,
    numbers_in,
    quiet,
    reset_generators,
    user_line,
)
from .source import Argument, FileFacts, FunctionFacts, UpdateLine, Uses, read_source
from .usage import example_texts, find_snippets, project_files, read, sibling_names
from .watching import ENOUGH_UPDATES, Enough, Overrun, Watcher
from .words import BY_HAND

MAX_ATTEMPTS = 400
MAX_KEPT_ATTEMPTS = 30
MAX_GOALS = 40
GRADIENTS_SHARE = 16  # part of the attempts for gradients alone, before other files of the project are looked at
PATIENCE = 20  # attempts of one goal after which another is as likely as one that was next to it at first
MAX_LINES_IN_ALL = 3_000_000  # of the user's code in all attempts
# gradients that are added up: self.dW += .., grads["W1"] += .., p.grad += ..
ACCUMULATES = re.compile(r"\b\w*(grad|nabla|delta|d_?[WwBb]\d*\b)\w*(\[[^\]=]+\])* \+= ", re.IGNORECASE)
CLEARS = re.compile(
    r"(zero|clear|reset|flush)\w*_?(grad|delta)|(grad|nabla|delta)\w*(\[[^\]=]+\])* = (np\.zeros|0\b|\{\}|\[\])"
    r"|grad\w*\.fill\(0",
    re.IGNORECASE,
)
STARTS = re.compile(r"init|setup|create|build|^make", re.IGNORECASE)
CLASSES = (Labels.INTEGERS, Labels.INTEGER_ROW, Labels.INTEGER_COLUMN, Labels.FROM_ONE, Labels.FROM_ONE_COLUMN)
CERTAIN_ERRORS = ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError")


def drive(
    namespace: dict[str, Any],
    source: str,
    *,
    seed: int = 0,
    budget: int = MAX_ATTEMPTS,
    trained: Callable[[], bool] | None = None,
    root: str = "",
) -> Driven:
    """Finds calls that train the network that a file defines.

    Args:
        namespace: the executed file's globals.
        source: its text.
        seed: of the generators and the data.
        budget: number of attempts.
        trained: whether parameters were updated, asked besides the driver's own watch; it decides if given.
        root: folder of the project, in which files are looked for that import this one; "" for the file's own.
    """
    driver = _Driver(namespace, source, seed, trained, root)
    with quiet():
        try:
            return driver.search(budget)
        except StopRecording:  # the time is up
            return driver.failed()


class _Driver:
    def __init__(
        self,
        namespace: dict[str, Any],
        source: str,
        seed: int,
        trained: Callable[[], bool] | None,
        root: str = "",
    ) -> None:
        self.root = root
        self.namespace = namespace
        self.seed = seed
        self.trained = trained
        self.facts, self.files = collect_facts(namespace, source)
        self.main = self.files[next(iter(self.files))]
        self.source = source
        self.updates = _update_table(self.files)
        self.extra: dict[str, tuple[str, Any]] = {}
        self.is_parts = False  # whether the file only has layers, activations and the like
        self.users = FileFacts()  # what other files of the project define
        self.texts = example_texts(source, namespace, root)
        self._find_examples()
        self.goals: list[Goal] = []
        self.count = 0
        self.lines = 0
        self.hints = Hints(prefers_columns=_column_votes(self.facts), labels=_label_order(self.facts, source))
        self.hints.augmented = re.search(r"\brow\[-1\]|\brow\[:-1\]|\[-1\]\s*\]\s*=\s*1", source) is not None
        self.roles: dict[Any, Any] = {}
        self.failures: list[Attempt] = []
        self.best: tuple[tuple[int, int], Attempt, Session] | None = None
        self.fallback: tuple[int, Driven] | None = None
        self.saved = _Saved(namespace)

    def search(self, budget: int) -> Driven:
        """Tries until something works or the budget is spent: first with what the file itself defines, then as its
        folder shows, then with what other files of the folder define."""
        driven = self._search(budget // 2, budget // GRADIENTS_SHARE)
        # layers and activations alone are checked pair by pair, which is more than what a network uses of them
        self.is_parts = all(goal.gradients for goal in self.goals) and bool(_pairs_of(self.source))
        driven = driven or self._follow_snippets()
        if driven is None and self._add_siblings():
            driven = self._search(budget - budget // 2, budget - budget // 2)
        if driven is None and self.fallback is not None:
            driven = self.fallback[1]
        if driven is not None and not self._uses_all_layers(driven):
            driven = None  # what trains with some of the layers says nothing about the others
        if driven is not None:
            return _counted(driven, self.failures, self.count)
        return self.failed()

    def _uses_all_layers(self, driven: Driven) -> bool:
        """Whether the lines name every layer of the file, or run a script, which uses what it is for."""
        if any("run_path" in line for line in driven.lines):
            return True
        return _layers_of(self.source) <= self._made_by(set(re.findall(r"[A-Za-z_]\w*", "\n".join(driven.lines))))

    def _made_by(self, names: set[str]) -> set[str]:
        """The names, and those that their classes and functions mention, such as the layers of a network."""
        known = {*self.facts.functions, *self.facts.classes}
        found: set[str] = set()
        waiting = sorted(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                parts = [self.facts.functions[name]] if name in self.facts.functions else []
                parts += self.facts.methods(name).values()
                mentioned = {word for part in parts for word in re.findall(r"[A-Za-z_]\w*", part.text)}
                waiting += sorted((mentioned & known) - found)
        return found

    def _search(self, budget: int, of_gradients: int) -> Driven | None:
        """Tries goals, most likely first.

        Args:
            budget: number of attempts.
            of_gradients: number of attempts if nothing that is known so far applies gradients.
        """
        caller = Caller(self._session(Choices({}), Watcher({}, set())), self.roles)
        self.goals = [*find_goals(self.facts, self.namespace, caller), *self._goals_of_users(caller)]
        if not self.goals:
            return None
        if all(goal.gradients for goal in self.goals):
            budget = of_gradients
        searches = [(goal, Search(budget)) for goal in self.goals[:MAX_GOALS]]
        before = self.count
        while self.count - before < budget and self.lines <= MAX_LINES_IN_ALL:
            goal, search = min(searches, key=_urgency)
            if math.isinf(search.next_cost):
                break
            cost, choices = search.next()
            driven = self._attempt(goal, choices, search, cost)
            self.count = before + sum(one.tried for _, one in searches)
            if driven is not None:
                return driven
        return None

    def _goals_of_users(self, caller: Caller) -> list[Goal]:
        """What other files of the project have to call, and that calls something of this one."""
        if self.is_parts:
            return []
        own = [*self.main.own_functions.values()]
        own += [method for name in self.main.own_classes for method in self.facts.methods(name).values()]
        users = FileFacts(
            functions=self.facts.functions,
            classes=self.facts.classes,
            own_functions={k: v for k, v in self.users.own_functions.items() if k not in self.main.own_functions},
            own_classes=[name for name in self.users.own_classes if name not in self.main.own_classes],
        )
        names = {name: thing for name, (_, thing) in self.extra.items()}
        return [
            goal
            for goal in find_goals(users, names, caller)
            if goal.function is not None
            and any(part is one for part in self._reach_with_makers(users, goal) for one in own)
        ]

    def _reach_with_makers(self, facts: FileFacts, goal: Goal) -> list[FunctionFacts]:
        """What a goal may call, the making of its object included."""
        assert goal.function is not None
        constructor = facts.constructor(goal.owner) if goal.owner else None
        return [*facts.reach(goal.function), *(facts.reach(constructor) if constructor else ())]

    def _follow_snippets(self) -> Driven | None:
        """Runs the examples that come with the file."""
        updates = self._project_updates()
        for snippet in find_snippets(self.source, self.main, self.namespace, self.root, with_scripts=not self.is_parts):
            self.count += 1
            session = self._session(Choices({}), Watcher(updates, set()))
            self.saved.restore()
            reset_generators(self.seed)
            error: BaseException | None = None
            try:
                session.run(snippet.text)
            except (Exception, SystemExit, Overrun, Enough) as caught:
                error = caught
            hits = session.watcher.hits
            if hits and (error is None or isinstance(error, (Enough, Overrun)) or min(hits.values()) >= 3):
                return self._driven(session, succeeded=True)
            # what ran may train in a way that only recording shows
            self._note_failure(session, error, ran=error is None or isinstance(error, Overrun))
        return None

    def _project_updates(self) -> dict[str, tuple[UpdateLine, ...]]:
        """The update statements of the files that examples may import: those of the project too."""
        files = {}
        for path in project_files(self.namespace, self.root):
            if path not in self.updates:
                with contextlib.suppress(SyntaxError, ValueError, RecursionError):
                    facts = read_source(read(path))
                    facts.own_functions, facts.own_classes = dict(facts.functions), list(facts.classes)
                    files[path] = facts
        return _update_table(files) | self.updates

    def _add_siblings(self) -> bool:
        """Makes the definitions of other files of the folder usable; whether there are any."""
        with quiet():
            facts, names = sibling_names(self.namespace, self.root)
        loaded = {name: (module, thing) for name, (module, thing) in names.items()}
        for name in [*self.facts.functions, *self.facts.classes]:
            if name not in self.namespace and name not in loaded:
                found = _loaded_from(name, self.files)
                if found is not None:
                    loaded[name] = found
        if not loaded:
            return False
        for name, function in facts.functions.items():
            self.facts.functions.setdefault(name, function)
        for name, one in facts.classes.items():
            self.facts.classes.setdefault(name, one)
        self.facts.texts.extend(facts.texts)
        self.users = facts
        self.extra = loaded
        _, files = collect_facts(self.namespace, self.source)
        self.files = files
        self.updates = _update_table(files)
        self.roles.clear()
        self._find_examples()
        return True

    def _find_examples(self) -> None:
        """Notes how the project makes instances of the classes that are known now."""
        known = {*self.namespace, *self.extra, *self.facts.functions, *self.facts.classes}
        self.facts.examples = find_examples(self.texts, self.facts.classes, known)

    def _session(self, choices: Choices, watcher: Watcher) -> Session:
        names = {**{name: thing for name, (_, thing) in self.extra.items()}, **self.namespace}
        return Session(self.facts, names, choices, self.hints, watcher, self.seed)

    def _attempt(self, goal: Goal, choices: Choices, search: Search, cost: float) -> Driven | None:
        """One attempt; its successors are queued if it fails."""
        self.saved.restore()
        reset_generators(self.seed)
        watcher = Watcher(self.updates, set())
        session = self._session(choices, watcher)
        for name, text in self.hints.missing.items():
            self.namespace[name] = session.names[name] = session.value(text)
        error: BaseException | None = None
        try:
            with contextlib.suppress(Enough):
                self._pursue(goal, session)
            self._excuse_square_weights(session)
            driven = self._judge(goal, session)
            if driven is not None and not self._verified(driven, goal):
                driven = None
            if driven is not None and not watcher.notes:
                return driven
            if driven is not None and (self.fallback is None or len(watcher.notes) < self.fallback[0]):
                self.fallback = (len(watcher.notes), driven)
        except Exhausted:
            search.failed(cost, choices, lambda key: COST)
            search.refund()
            return None
        except (Exception, Overrun, SystemExit, Enough) as caught:
            error = caught
            driven = self._partly(goal, session, caught)
            if driven is not None:
                return driven
        self.lines += watcher.lines
        self._learn(session, error)
        self._note_failure(session, error)
        if isinstance(error, NameError) and user_line(error, set(self.files))[0]:
            if self._supply(error):
                search.again(choices)
            else:
                search.close()
        search.failed(cost, choices, self._blame(session, error), len(watcher.visited))
        return None

    # One goal

    def _pursue(self, goal: Goal, session: Session) -> None:
        caller = Caller(session, self.roles)
        function = goal.function
        assert function is not None
        repeat = not self._repeats_itself(goal)
        if not goal.owner:
            caller.call(function, function.name, repeat=None if repeat else False)
        else:
            variable = caller.make_object(goal.owner)
            if goal.constructor:
                return
            if repeat:
                caller.call_forward_first(function, variable)
            if repeat and STEP_NAME.search(function.name) and len(session.objects) > 1:
                caller.clear_gradients()
                caller.call_networks(function)
            caller.ensure_attributes(function, variable)
            caller.call(function, f"{variable}.{function.name}", repeat=repeat)
        hits = session.watcher.hits
        stateful = goal.owner or any(
            caller.role(function, a)[0] in (Role.PARAMETERS, Role.OBJECT) for a in function.arguments
        )
        counted = Role.EPOCHS in self._roles_of(goal, caller) or (hits and max(hits.values()) >= ENOUGH_UPDATES)
        if stateful and not repeat and hits and not goal.gradients and (min(hits.values()) < 3 or not counted):
            repeat = session.statements[-1].repeat = True
        if session.statements and not session.statements[-1].repeat:
            for statement in session.statements:
                statement.repeat = False
        if goal.gradients:
            self._apply_gradients(session)
            if self._accumulates(goal):
                self._clear_gradients(caller)
        if any(statement.repeat for statement in session.statements):
            session.watcher.stop_early = False
            for index in (1, 2):
                session.run_again(index)

    def _roles_of(self, goal: Goal, caller: Caller) -> set[Role]:
        """The roles of the arguments of a goal and of the constructor of its class."""
        functions = [goal.function, self.facts.constructor(goal.owner) if goal.owner else None]
        return {
            caller.role(function, argument)[0] for function in functions if function for argument in function.arguments
        }

    def _repeats_itself(self, goal: Goal) -> bool:
        """Whether one call makes several iterations."""
        function = goal.function
        assert function is not None
        for part in self.facts.reach(function):
            if part.loops and any(
                Caller(self._session(Choices({}), Watcher({}, set())), self.roles).role(part, argument)[0]
                is Role.EPOCHS
                for argument in part.arguments
            ):
                return True
        roles = {
            Caller(self._session(Choices({}), Watcher({}, set())), self.roles).role(function, a)[0]
            for a in function.arguments
        }
        if roles & {Role.EPOCHS, Role.PAIRS}:
            return True
        part_of_an_iteration = bool(roles & {Role.GRADIENTS, Role.CACHE, Role.UPSTREAM})
        return function.loops and not part_of_an_iteration and self._outer_loop(function)

    def _outer_loop(self, function: FunctionFacts) -> bool:
        text = inspect.cleandoc("\n".join(_loop_heads(function)))
        return re.search(
            r"epoch|iter|while|zip\(|len\(X|shape\[0\]|num_|batch|range\(\d{2,}\)", text
        ) is not None and self.facts.trains(function)

    def _apply_gradients(self, session: Session) -> None:
        """Makes a plain gradient step with what the file returned as gradients."""
        session.gradients = pair_gradients(session)
        for pair in session.gradients:
            # in place, because layers may hold the same array
            session.run(f"{pair.parameter} -= 0.1 * {pair.gradient}", repeat=True)

    def _accumulates(self, goal: Goal) -> bool:
        """Whether gradients are added to those of the iteration before."""
        assert goal.function is not None
        return any(ACCUMULATES.search(part.text) for part in self.facts.reach(goal.function))

    def _clear_gradients(self, caller: Caller) -> None:
        """Sets gradients back to 0 after a step of the driver's, as the file does after its own."""
        session = caller.session
        if caller.clear_gradients():
            return
        if any(_clears(text) for text in self.texts):
            for pair in session.gradients:
                session.run(f"{pair.gradient}[...] = 0", repeat=True)
        elif len(self.texts) == 1:  # nothing shows how it is meant to be used
            session.watcher.notes.append("gradients are added up, and nothing sets them back to 0")

    # Verdicts

    def _judge(self, goal: Goal, session: Session) -> Driven | None:
        """What an attempt that ran to its end is worth."""
        if session.labels in CLASSES and session.has_one_unit():
            session.watcher.notes.append("numbers of classes as targets of one unit")
        unused = _unused_by_hand(session)
        if unused:
            session.watcher.notes.append(f"{', '.join(unused)}: no other call than that of the update uses them")
        if goal.gradients:
            if not session.gradients:
                return None
        elif self.trained is not None:
            if not self.trained():
                return None
        elif not session.watcher.updated:
            return None
        return self._driven(session, succeeded=True)

    def _excuse_square_weights(self, session: Session) -> None:
        """Hidden layers of equal size have square weights, which are no sign of an accident."""
        shapes = {str(matrix.shape) for matrix in session.matrices()}
        session.watcher.notes[:] = [
            note for note in session.watcher.notes if not any(f"of shape {shape} in" in note for shape in shapes)
        ]

    def _verified(self, driven: Driven, goal: Goal) -> bool:
        """Whether the lines alone, run after the file, train again."""
        self.saved.restore()
        reset_generators(self.seed)
        watcher = Watcher(self.updates, set())
        for name, text in self.hints.missing.items():
            self.namespace[name] = eval(text)
        names = {**self.namespace, **copy.deepcopy({k: v for k, v in driven.data.items() if k != "np"}), "np": np}
        code = compile("\n".join(driven.lines), FILE, "exec")
        try:
            watcher.run(lambda: exec(code, names))
        except (Enough, Overrun):
            pass
        except (Exception, SystemExit):
            return bool(watcher.hits) and min(watcher.hits.values()) >= 3
        return goal.gradients or watcher.updated

    def _partly(self, goal: Goal, session: Session, error: BaseException) -> Driven | None:
        """Whether an attempt that ended with an exception trained enough before."""
        hits = session.watcher.hits
        if goal.gradients or not hits or session.watcher.notes:
            return None
        assert goal.function is not None
        reachable = {
            update.first for part in self.facts.reach(goal.function) for update in part.updates if update.likely
        }
        complete = reachable <= {line for _, line in hits} and min(hits.values()) >= 3
        overrun = isinstance(error, (Overrun, SystemExit)) and max(hits.values()) >= 3
        driven = self._driven(session, succeeded=True) if complete or overrun else None
        return driven if driven is not None and self._verified(driven, goal) else None

    def _driven(
        self, session: Session, *, succeeded: bool, error: Attempt | None = None, certain: bool = False
    ) -> Driven:
        sizes = {}
        if session.sizes is not None:
            sizes = {
                "observations": session.sizes.observations,
                "inputs": session.sizes.inputs,
                "outputs": session.sizes.outputs,
            }
            if session.inputs_given:
                sizes["hidden"] = session.sizes.hidden
        return Driven(
            succeeded=succeeded,
            lines=(*self._imports(session.lines), *session.lines),
            data={"np": np, **session.data},
            gradients=tuple(session.gradients),
            applied_by_driver=bool(session.gradients),
            sizes=sizes,
            layout=session.form.value if session.form else "",
            labels=session.labels.value if session.labels else "",
            error=error,
            certain=certain,
            doubts=tuple(dict.fromkeys(session.watcher.notes))[:5],
        )

    def _imports(self, lines: tuple[str, ...]) -> list[str]:
        """The imports that lines need which use other files of the folder."""
        used = set(re.findall(r"[A-Za-z_]\w*", "\n".join(lines)))
        needed = [(module, name) for name, (module, _) in sorted(self.extra.items()) if name in used]
        return [
            f"from {module} import {name}"
            if all(part.isidentifier() for part in module.split("."))
            else f"import importlib; {name} = importlib.import_module({module!r}).{name}"
            for module, name in needed
        ]

    # Learning from failures

    def _supply(self, error: NameError) -> bool:
        """Gives a global setting that only the main block sets a value; whether that is possible."""
        name = getattr(error, "name", None) or ""
        if not name or name in self.hints.missing or name in self.namespace or len(self.hints.missing) >= 4:
            return False
        if not re.search(rf"(?m)^\s+{re.escape(name)}\s*=[^=]", self.source):
            return False
        node = ast.parse(f"def f({name}): pass").body[0]
        assert isinstance(node, ast.FunctionDef)
        role = role_of(Argument(name=name), Uses(), FunctionFacts(name="f", node=node))
        values = {
            Role.RATE: "0.1",
            Role.EPOCHS: "3",
            Role.BATCH_SIZE: str(BATCH),
            Role.DECAY: "0.1",
            Role.MOMENTUM: "0.9",
        }
        if role not in values:
            return False
        self.hints.missing[name] = values[role]
        return True

    def _learn(self, session: Session, error: BaseException | None) -> None:
        """Sizes that a message mentions become options for the number of inputs."""
        if error is None or session.sizes is None or not SHAPE_MESSAGE.search(str(error)):
            return
        numbers = [number for number in numbers_in(str(error)) if number > 1]
        for key, chosen, hints in (
            ("inputs", session.sizes.inputs, self.hints.inputs),
            ("outputs", session.sizes.outputs, self.hints.outputs),
        ):
            used = {session.sizes.observations, chosen}
            hints.extend(number for number in dict.fromkeys(numbers) if number not in used and number not in hints)
            del hints[MAX_SIZES:]
            if key in session.choices.taken:
                session.choices.taken[key] = (session.choices.taken[key][0], 2 + len(hints))

    def _note_failure(self, session: Session, error: BaseException | None, ran: bool = False) -> None:
        line, _, _ = (0, "", 0) if error is None else user_line(error, set(self.files))
        notes = session.watcher.notes
        message = str(error)[:300] if error is not None else notes[0] if notes else "no parameter was updated"
        attempt = Attempt(
            lines=session.lines,
            type="" if error is None else type(error).__name__,
            message=message,
            line=line,
        )
        # weights of the driver's that do not fit say nothing about those of the file
        blameless = "non-broadcastable" in message and any(BY_HAND in line for line in session.lines)
        if len(self.failures) < MAX_KEPT_ATTEMPTS and not blameless:
            self.failures.append(attempt)
        progress = (len(session.watcher.visited) + MAX_LINES_IN_ALL * ran, len(session.statements))
        if (error is not None or ran) and (self.best is None or progress > self.best[0]):
            self.best = (progress, attempt, session)

    def _blame(self, session: Session, error: BaseException | None) -> Callable[[str], float]:
        """What changing each choice costs after this failure."""
        message = "" if error is None else str(error)
        noted = bool(session.watcher.notes)
        shapes = (
            noted or (error is not None and SHAPE_MESSAGE.search(message) is not None) or isinstance(error, IndexError)
        )
        names = _names_at(error, self.files_text)
        nothing = error is None and not noted

        def cost(key: str) -> float:
            if isinstance(error, NameError) and user_line(error, set(self.files))[0]:
                return -1
            if key.startswith("example of"):
                return BLAMED_COST
            if key in ("form", "labels", "inputs", "outputs", "pairs"):
                if nothing:
                    return CLEARED_COST
                return BLAMED_COST if shapes else COST
            if key.startswith("writer"):
                return COST / 2
            match = re.search(r"\((\w+)\)", key)
            argument = match.group(1) if match else key
            if argument in names or argument.lower() in {name.lower() for name in names}:
                return BLAMED_COST + 0.1
            return COST if not nothing else COST * 0.8

        return cost

    @property
    def files_text(self) -> Mapping[str, list[str]]:
        """The lines of the user's files."""
        return {name: facts.lines for name, facts in self.files.items()}

    def failed(self) -> Driven:
        """What was tried, and how far that came."""
        count = self.count
        suggestion = self._suggestion(self.goals)
        if self.best is None:
            return Driven(succeeded=False, attempts=tuple(self.failures), count=count, suggestion=suggestion)
        _, attempt, session = self.best
        driven = self._driven(session, succeeded=False, error=attempt, certain=self._is_files_own(attempt))
        return _counted(driven, self.failures, count, suggestion)

    def _is_files_own(self, attempt: Attempt) -> bool:
        """Whether an attempt failed for something that no argument can be to blame for."""
        if attempt.line == 0:
            return False
        classes = {name: one.node for name, one in self.facts.classes.items()}
        lines = self.main.lines
        text = lines[attempt.line - 1] if attempt.line <= len(lines) else ""
        methods = {name for one in self.facts.classes.values() for name in one.methods}
        return (
            attempt.type in CERTAIN_ERRORS
            or is_never_set(attempt.type, attempt.message, classes, self.texts)
            or is_wrong_call(attempt.type, attempt.message, text, {*self.facts.functions, *classes, *methods})
        )

    def _suggestion(self, goals: list[Goal]) -> str:
        """A line to start from, with the file's own names."""
        for goal in goals:
            function = goal.function
            if function is None:
                continue
            arguments = ", ".join(argument.name for argument in function.required)
            if not goal.owner:
                return f"{function.name}({arguments})"
            constructor = self.facts.constructor(goal.owner)
            made = ", ".join(argument.name for argument in constructor.required) if constructor else ""
            return f"net = {goal.owner}({made}); net.{function.name}({arguments})"
        return ""


def _clears(source: str) -> bool:
    """Whether a file sets gradients back to 0, and not only at the start."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return False
    bodies = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and not STARTS.search(node.name)]
    return any(CLEARS.search(ast.unparse(body)) for body in bodies)


def _unused_by_hand(session: Session) -> list[str]:
    """Weights of the driver's that are updated by a call without data, and of which no other call knows."""
    texts = [statement.text for statement in session.statements]
    calls = [text.split(" = ", 1)[-1] for text in texts if BY_HAND not in text]
    found = []
    for text in texts:
        name = text.split(" = ", 1)[0]
        if BY_HAND not in text or not name.isidentifier():
            continue
        using = {call for call in calls if re.search(rf"\b{name}\b", call)}
        if len(using) == 1 and len(set(calls)) > 1 and not re.search(r"\b(X|Y|labels)\b", min(using)):
            found.append(name)
    return found


def _layers_of(source: str) -> set[str]:
    """The classes of a file that are layers."""
    return {plan.name.partition(".")[0] for plan in _pairs_of(source) if plan.kind is PairKind.LAYER}


def _pairs_of(source: str) -> list[PairPlan]:
    """The pairs of a file."""
    try:
        return find_pairs(source)
    except Exception:  # what cannot be read has none
        return []


def _urgency(item: tuple[Goal, Search]) -> float:
    """What decides which goal is pursued next, the lower the sooner: it rises with every attempt that failed."""
    goal, search = item
    return goal.cost + search.next_cost + search.tried / PATIENCE


def _counted(driven: Driven, failures: list[Attempt], count: int, suggestion: str = "") -> Driven:
    import dataclasses

    return dataclasses.replace(driven, attempts=tuple(failures), count=count, suggestion=suggestion)


def _loop_heads(function: FunctionFacts) -> list[str]:
    heads = []
    for item in ast.walk(function.node):
        if isinstance(item, ast.For):
            heads.append(f"{ast.unparse(item.target)} in {ast.unparse(item.iter)}")
        elif isinstance(item, ast.While):
            heads.append("while " + ast.unparse(item.test))
    return heads


def _names_at(error: BaseException | None, files: Mapping[str, list[str]]) -> set[str]:
    """The names in the user's lines of a traceback."""
    names: set[str] = set()
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        lines = files.get(trace.tb_frame.f_code.co_filename)
        if lines and trace.tb_lineno <= len(lines):
            names |= set(re.findall(r"[A-Za-z_]\w*", lines[trace.tb_lineno - 1]))
        trace = trace.tb_next
    if isinstance(error, TypeError):
        names |= set(re.findall(r"'(\w+)'", str(error)))
    return names


def _update_table(files: Mapping[str, FileFacts]) -> dict[str, tuple[UpdateLine, ...]]:
    """The update statements of each file; those of the file itself under its path too, as a script may import it."""
    table = {name: tuple(_all_updates(facts)) for name, facts in files.items()}
    table |= {os.path.abspath(name): updates for name, updates in table.items()}
    return table


def _loaded_from(name: str, files: Mapping[str, FileFacts]) -> tuple[str, Any] | None:
    """The module of the user's that defines a name, and what it stands for."""
    for module_name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        facts = files.get(path) if path else None
        if facts is not None and (name in facts.own_functions or name in facts.own_classes) and hasattr(module, name):
            return module_name, getattr(module, name)
    return None


def _all_updates(facts: FileFacts) -> list[UpdateLine]:
    functions = [
        *facts.own_functions.values(),
        *(m for name in facts.own_classes for m in facts.classes[name].methods.values()),
    ]
    return [update for function in functions for update in function.updates]


def _column_votes(facts: FileFacts) -> int:
    functions = [*facts.functions.values(), *(m for c in facts.classes.values() for m in c.methods.values())]
    return sum(function.prefers_columns for function in functions)


def _label_order(facts: FileFacts, source: str) -> list[Labels]:
    """The kinds of targets that the text suggests, most likely first."""
    scores = {
        Labels.ONE_HOT: 1.0,
        Labels.INTEGERS: 0.5,
        Labels.BINARY: 0.8,
        Labels.FLAT: 0.3,
        Labels.SIGNS: 0.2,
        Labels.REAL: 0.1,
    }
    if re.search(r"(range|arange)\([^()]*(\([^()]*\))?[^()]*\),\s*\w*(y|Y|label|target)", source):
        scores[Labels.INTEGERS] += 1.2
    if any(_is_compared(name, source) for name in _target_names(facts)):
        scores[Labels.INTEGERS] += 1.2
    if re.search(r"\b(y|Y|labels?|targets?)\.max\(\)\s*\+\s*1|max\((y|Y|labels)\)\s*\+\s*1", source):
        scores[Labels.INTEGERS] += 1.0
    if re.search(r"range\(1,\s*\w*(label|class|K|k)\w*\s*\+\s*1\)|\b(y|Y)(\[\w+\])?\s*-\s*1\b", source):
        scores |= {Labels.FROM_ONE: 2.0, Labels.FROM_ONE_COLUMN: 1.9}
    if re.search(r"one_?hot|get_dummies|np\.eye\(|to_categorical", source, re.IGNORECASE):
        scores[Labels.INTEGERS] += 0.4
    if re.search(r"softmax|argmax", source, re.IGNORECASE):
        scores[Labels.ONE_HOT] += 0.3
    if re.search(r"1\s*-\s*(y|Y|t|targets?|labels?)\b", source) and not re.search("softmax", source, re.IGNORECASE):
        scores[Labels.BINARY] += 0.5
    if re.search(r"sign\(|hinge|perceptron", source, re.IGNORECASE):
        scores[Labels.SIGNS] += 0.8
    return sorted(scores, key=lambda label: -scores[label])


def _target_names(facts: FileFacts) -> set[str]:
    """The names of arguments that are targets."""
    functions = [*facts.functions.values(), *(m for c in facts.classes.values() for m in c.methods.values())]
    return {a.name for function in functions for a in function.arguments if TARGET_NAME.match(a.name)}


def _is_compared(name: str, source: str) -> bool:
    """Whether the text asks whether a count is the target, as in ``1 if row == label else 0``."""
    return re.search(rf"\b[a-z]\w* == {re.escape(name)}\b(?![\[.(])", source) is not None


def collect_facts(namespace: Mapping[str, Any], source: str) -> tuple[FileFacts, dict[str, FileFacts]]:
    """The facts of the file and of the user's other files that it imports.

    Returns:
        all that the file can name, and the facts of each file by the name that its code objects have.
    """
    main = read_source(source)
    main.own_functions, main.own_classes = dict(main.functions), list(main.classes)
    main.lines = source.splitlines()
    files = {_code_name(namespace): main}
    root = os.path.dirname(os.path.abspath(str(namespace.get("__file__", "."))))
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(module, ModuleType) or not path or path in files or not _is_users(path, root):
            continue
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                text = stream.read()
            facts = read_source(text)
        except (OSError, SyntaxError, ValueError):
            continue
        facts.own_functions, facts.own_classes, facts.lines = (
            dict(facts.functions),
            list(facts.classes),
            text.splitlines(),
        )
        files[path] = facts
    for facts in list(files.values())[1:]:
        for name, function in facts.functions.items():
            main.functions.setdefault(name, function)
        for name, one in facts.classes.items():
            main.classes.setdefault(name, one)
        main.texts.extend(text for text in facts.texts if text not in main.texts)
    return main, files


def _is_users(path: str, root: str) -> bool:
    parent = os.path.dirname(root)
    inside = os.path.abspath(path).startswith((root + os.sep, parent + os.sep))
    return inside and path.endswith(".py") and not re.search(r"site-packages|dist-packages|lib/python\d|harness/", path)


def _code_name(namespace: Mapping[str, Any]) -> str:
    """The file name in the code objects of the executed file."""
    module = namespace.get("__name__")
    for value in namespace.values():
        if isinstance(value, FunctionType) and value.__module__ == module:
            return value.__code__.co_filename
        if inspect.isclass(value) and value.__module__ == module:
            for item in vars(value).values():
                inner = item.__func__ if isinstance(item, (staticmethod, classmethod)) else item
                # not what dataclasses and enumerations generate
                written = (
                    isinstance(inner, FunctionType) and inner.__module__ == module and not hasattr(inner, "__wrapped__")
                )
                if written and inner.__code__.co_filename != "<string>":
                    return inner.__code__.co_filename
    return str(namespace.get("__file__", "<file>"))


class _Saved:
    """The file's global variables and class attributes, so that one attempt does not change what the next one finds."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.names = set(namespace)
        self.values: dict[str, Any] = {}
        self.attributes: list[tuple[type, str, Any]] = []
        for name, value in list(namespace.items()):
            if name.startswith("__") or isinstance(value, (ModuleType, FunctionType, type)) or callable(value):
                if inspect.isclass(value) and value.__module__ == namespace.get("__name__"):
                    for key, item in list(vars(value).items()):
                        if isinstance(item, (list, dict, np.ndarray)) and not key.startswith("__"):
                            self.attributes.append((value, key, copy.deepcopy(item)))
                continue
            try:
                self.values[name] = copy.deepcopy(value)
            except Exception:  # generators, files, locks: left as they are
                continue

    def restore(self) -> None:
        """Puts everything back."""
        for name in [name for name in self.namespace if name not in self.names]:
            del self.namespace[name]
        for name, value in self.values.items():
            self.namespace[name] = copy.deepcopy(value)
        for owner, key, item in self.attributes:
            setattr(owner, key, copy.deepcopy(item))
