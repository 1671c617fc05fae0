"""The entry point: tries calls until parameters are updated."""

from __future__ import annotations

import ast
import contextlib
import math
import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..failures import is_misused_library, is_never_set, is_never_stored, is_of_libraries_alone, is_wrong_call
from ..source import called_name
from ..tape import StopRecording
from .acceptance import (
    excuse_square_weights,
    inputs_from_above,
    layers_left,
    pairs_of,
    picks_one_of_each_row,
    unused_by_hand,
)
from .blame import asks_for_sequences, blame, learn, unset_at
from .calling import Caller
from .choices import COST, Choices, Exhausted, Search
from .data import BATCH, CLASSES, Labels
from .examples import find_examples
from .failing import learn_from_calls
from .goals import Goal, find_goals, is_called_by_others
from .loaded import Saved, collect_facts, loaded_from, update_table
from .losses import statements_with_cost
from .numbered import find_words
from .proposing import propose_calls
from .pursuing import pursue
from .result import Attempt, Driven
from .roles import Role, role_of
from .session import Hints, Session, quiet, reset_generators, user_line
from .source import Argument, FileFacts, FunctionFacts, read_source
from .suggestions import column_votes, is_error_turned, label_order, matrix_options, output_count, value_in_script
from .updates import UpdateLine
from .usage import example_texts, find_snippets, project_files, read, sibling_names
from .uses import Uses
from .verifying import Alone, are_same, run_alone
from .watching import Enough, Overrun, Watcher
from .words import BY_HAND

MAX_ATTEMPTS = 400
MAX_KEPT_ATTEMPTS = 30
ALIKE = 10  # attempts that ended with the same exception, which no other arguments will mend then
MAX_GOALS = 40
GRADIENTS_SHARE = 16  # part of the attempts for gradients alone, before other files of the project are looked at
PATIENCE = 20  # attempts of one goal after which another is as likely as one that was next to it at first
MAX_SUPPLIED = 8  # global names that only the main block gives a value
MAX_LINES_IN_ALL = 3_000_000  # of the user's code in all attempts
TARGET_LAST = re.compile(r"\b(row|datum|sample|record|instance|example)\[:?-1\]|\[-1\]\s*\]\s*=\s*1")
# one observation, a flat list, becomes a column
ONE_LIST = re.compile(r"(ndmin ?= ?2|atleast_2d\(\w+)\)\.(T\b|transpose\(\))")
LIST_OF_INPUTS = re.compile(r"def \w+\([^()]*\blist_inputs?\b")
TARGETS = re.compile(r"\b(Y|labels)\b")  # as the lines call them
CERTAIN_ERRORS = ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError")


def drive(
    namespace: dict[str, Any],
    source: str,
    *,
    seed: int = 0,
    budget: int = MAX_ATTEMPTS,
    trained: Callable[[], bool] | None = None,
    root: str = "",
    in_networks: bool = False,
) -> Driven:
    """Finds calls that train the network that a file defines.

    Args:
        namespace: the executed file's globals.
        source: its text.
        seed: of the generators and the data.
        budget: number of attempts.
        trained: whether parameters were updated, asked besides the driver's own watch; it decides if given.
        root: folder of the project, in which files are looked for that import this one; "" for the file's own.
        in_networks: whether only scripts and networks of other files that use this one are tried.
    """
    driver = _Driver(namespace, source, seed, trained, root)
    with quiet():
        try:
            return driver.search(budget, in_networks)
        except StopRecording:  # the time is up
            return driver.failed()


class _Driver:
    def __init__(
        self, namespace: dict[str, Any], source: str, seed: int, trained: Callable[[], bool] | None, root: str = ""
    ) -> None:
        self.root = root
        self.namespace = namespace
        self.seed = seed
        self.trained = trained
        self.facts, self.files = collect_facts(namespace, source)
        self.main = self.files[next(iter(self.files))]
        self.source = source
        self.updates = update_table(self.files)
        self.extra = self._loaded()  # module and object of what the files define that this one imports
        self.is_parts = False  # whether the file only has layers, activations and the like
        self.users = FileFacts()  # what other files of the project define
        self.texts = example_texts(source, namespace, root)
        self._find_examples()
        self.goals: list[Goal] = []
        self.count = 0
        self.lines = 0
        self.hints = Hints(prefers_columns=column_votes(self.facts), labels=label_order(self.facts, source))
        self.hints.prefers_lists = LIST_OF_INPUTS.search(source) is not None
        self.hints.matrices = matrix_options(source)
        self.hints.is_turned = is_error_turned(self.texts)
        self.hints.usual_outputs = output_count(self.facts)
        self.hints.augmented = TARGET_LAST.search(source) is not None
        self.roles: dict[Any, tuple[Any, Any]] = {}
        self.failures: list[Attempt] = []
        self.best: tuple[tuple[bool, int, int], Attempt, Session] | None = None
        self.fallback: tuple[int, Driven] | None = None
        self.saved = Saved(namespace)

    def search(self, budget: int, in_networks: bool = False) -> Driven:
        """Tries until something works or the budget is spent: first with what the file itself defines, then as its
        folder shows, then with what other files of the folder define; see ``drive``."""
        driven = None
        if not in_networks:
            driven = self._search(budget // 2, budget // GRADIENTS_SHARE)
            # layers and activations alone are checked pair by pair, which is more than what a network uses of them
            self.is_parts = all(goal.gradients for goal in self.goals) and bool(pairs_of(self.source))
        driven = driven or self._follow_snippets()
        if driven is None and self._add_siblings():
            driven = self._search(budget - budget // 2, budget - budget // 2)
        if driven is None and self.fallback is not None:
            driven = self.fallback[1]
        if driven is not None:
            left = tuple(layers_left(self.facts, self.source, driven))
            suggestion = self._suggestion(self.goals) if driven.doubts else ""
            attempts = tuple(self.failures)
            return replace(driven, attempts=attempts, count=self.count, left=left, suggestion=suggestion)
        return self.failed()

    def _search(self, budget: int, of_gradients: int) -> Driven | None:
        """Tries goals, most likely first.

        Args:
            budget: number of attempts.
            of_gradients: number of attempts if nothing that is known so far applies gradients.
        """
        caller = Caller(self._session(Choices({}), Watcher({})), self.roles)
        self.hints.words = find_words(caller)
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
            if self._all_end_alike():
                break
            if self.fallback is not None and self.hints.batch_raises:
                budget = min(budget, self.count - before + PATIENCE)  # what fits one observation alone is all there is
        return None

    def _all_end_alike(self) -> bool:
        """Whether all attempts ended with one exception that no argument can be to blame for."""
        ends = {(one.type, one.message, one.line) for one in self.failures}
        return len(ends) == 1 and len(self.failures) >= ALIKE and self._is_files_own(self.failures[0])

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
            session = self._session(Choices({}), Watcher(updates))
            self.saved.restore()
            reset_generators(self.seed)
            error: BaseException | None = None
            try:
                session.run(snippet)
            except (Exception, SystemExit, Overrun, Enough) as caught:
                error = caught
            watcher = session.watcher
            own = os.path.abspath(next(iter(self.files)))
            if not any(os.path.abspath(name) == own for name, _ in watcher.visited):
                continue  # it uses other modules of the package only
            if watcher.updated and (error is None or isinstance(error, (Enough, Overrun)) or watcher.has_iterated):
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
        return update_table(files) | self.updates

    def _add_siblings(self) -> bool:
        """Makes the definitions of other files of the folder usable; whether there are any."""
        with quiet():
            facts, names = sibling_names(self.namespace, self.root)
        if not names:
            return False
        self.facts.add(facts)
        self.users = facts
        _, self.files = collect_facts(self.namespace, self.source)
        self.extra = self._loaded() | names
        self.updates = update_table(self.files)
        self.roles.clear()
        self.hints.probed.clear()
        self._find_examples()
        return True

    def _loaded(self) -> dict[str, tuple[str, Any]]:
        """What is defined in the files that are imported, and has no name in this one: its module, and itself."""
        names = [name for name in (*self.facts.functions, *self.facts.classes) if name not in self.namespace]
        return {name: found for name in names if (found := loaded_from(name, self.files)) is not None}

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
        watcher = Watcher(self.updates)
        session = self._session(choices, watcher)
        for name, text in self.hints.missing.items():
            self.namespace[name] = session.names[name] = session.value(text)
        error: BaseException | None = None
        try:
            with contextlib.suppress(Enough):
                pursue(goal, Caller(session, self.roles), self.texts)
            excuse_square_weights(session)
            driven = self._judge(goal, session)
            ran = self._verified(driven, goal) if driven is not None else None
            if driven is None or ran is None:
                driven = None
            elif self._ignores_targets(driven, ran):
                watcher.notes.append("other targets would change no weight")
                driven = replace(driven, doubts=(*driven.doubts, watcher.notes[-1]))
            if driven is not None and not watcher.notes and not session.assumes_loss:
                return self._with_own_cost(goal, session) or driven
            if driven is not None and session.assumes_loss:
                search.close()  # whatever the project does with a loss of its own goes first
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
        learn(session, self.hints, error, self.files)
        self._note_failure(session, error)
        if isinstance(error, NameError) and user_line(error, self.files)[0]:
            if self._supply(error):
                search.again(choices)
            else:
                search.close()
        elif self._is_set_by_a_method(error):
            search.again(choices)
        elif not self.hints.of_sequences and asks_for_sequences(error, user_line(error, self.files)[1]):
            self.hints.of_sequences = True
            search.again(choices.without("form"))
        elif function := learn_from_calls(Caller(session, self.roles), error, user_line(error, self.files)[0]):
            search.again(choices.without(f"{function.owner}.{function.name}("))
        ended = {key: taken for key, taken in choices.taken.items() if key not in session.ran}
        search.learn(session.ran, ended if isinstance(error, TypeError) else {})
        search.failed(cost, choices, blame(session, error, self.files), len(watcher.visited))
        return None

    # Verdicts

    def _judge(self, goal: Goal, session: Session) -> Driven | None:
        """What an attempt that ran to its end is worth."""
        if session.labels in CLASSES and session.has_one_unit():
            session.watcher.notes.append("numbers of classes as targets of one unit")
        known = None if session.outputs_given else session.discovered()
        if session.labels in CLASSES and session.sizes and known and 1 < known[1] != session.sizes.outputs:
            session.watcher.notes.append(f"targets of {session.sizes.outputs} classes for {known[1]} outputs")
            self._ask_for_outputs(session, known[1])
        assert goal.function is not None
        in_columns = session.labels in (Labels.INTEGER_ROW, Labels.INTEGER_COLUMN, Labels.FROM_ONE_COLUMN)
        if in_columns and picks_one_of_each_row(self.facts.reach(goal.function)):
            session.watcher.notes.append("labels of two axes as indices beside a range")
        if not session.data and is_called_by_others(self.facts, goal.function):
            session.watcher.notes.append(f"{goal.text} is called without data, which its callers are given")
        if session.form is not None and session.form.single and self.hints.batch_raises:
            session.watcher.notes.append(f"one observation a call; with all of them, {self.hints.batch_raises}")
        session.watcher.notes += [f"the inputs as {name}, which is a gradient" for name in inputs_from_above(session)]
        unused = unused_by_hand(session)
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
        return self._driven(session, succeeded=True, goal=goal)

    def _ask_for_outputs(self, session: Session, count: int) -> None:
        """Makes the number of outputs that a network has the next that is tried."""
        if count not in self.hints.outputs:
            self.hints.outputs.insert(0, count)
        taken = session.choices.taken
        if "outputs" in taken:
            taken["outputs"] = (taken["outputs"][0], 2 + len(self.hints.outputs))
            session.asks_for_outputs = True

    def _with_own_cost(self, goal: Goal, session: Session) -> Driven | None:
        """The same calls with one of the file's own cost; None if it has none that is left out, or that fits."""
        statements = statements_with_cost(Caller(session, self.roles))
        if statements is None:
            return None
        session.statements = statements
        driven = self._driven(session, succeeded=True, goal=goal)
        return driven if self._verified(driven, goal) else None

    def _verified(self, driven: Driven, goal: Goal) -> Alone | None:
        """The run of the lines alone, after the file, if it trains again."""
        ran = self._run_alone(driven)
        return ran if ran is not None and (goal.gradients or ran.updated) else None

    def _ignores_targets(self, driven: Driven, ran: Alone) -> bool:
        """Whether the lines give targets, and would have trained with others to the same weights."""
        other = self._run_alone(driven, turned=True) if TARGETS.search("\n".join(driven.lines)) else None
        return other is not None and are_same(ran.weights, other.weights)

    def _run_alone(self, driven: Driven, turned: bool = False) -> Alone | None:
        self.saved.restore()
        reset_generators(self.seed)
        for name, text in self.hints.missing.items():
            self.namespace[name] = eval(text, {"np": np, **self.namespace})
        return run_alone(driven, self.namespace, self.updates, turned=turned)

    def _partly(self, goal: Goal, session: Session, error: BaseException) -> Driven | None:
        """Whether an attempt that ended with an exception trained enough before."""
        hits = session.watcher.hits
        if goal.gradients or not hits or session.watcher.notes:
            return None
        assert goal.function is not None
        reachable = {
            update.first for part in self.facts.reach(goal.function) for update in part.updates if update.likely
        }
        complete = reachable <= {line for _, line in hits} and session.watcher.has_iterated
        overrun = isinstance(error, (Overrun, SystemExit)) and max(hits.values()) >= 3
        driven = self._driven(session, succeeded=True, goal=goal) if complete or overrun else None
        ran = self._verified(driven, goal) if driven is not None else None
        return driven if driven is not None and ran is not None and not self._ignores_targets(driven, ran) else None

    def _is_own(self, goal: Goal) -> bool:
        """Whether a goal is defined in the file itself, not in another that uses it."""
        own = goal.owner in self.main.own_classes
        return own if goal.owner else any(goal.function is one for one in self.main.own_functions.values())

    def _driven(
        self,
        session: Session,
        *,
        succeeded: bool,
        goal: Goal | None = None,
        certain: bool = False,
    ) -> Driven:
        """What an attempt found, as it is handed on: its lines, data and sizes."""
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
            calls_own=goal is not None and self._is_own(goal),
            sizes=sizes,
            layout=session.form.value if session.form else "",
            labels=session.labels.value if session.labels else "",
            certain=certain,
            doubts=tuple(dict.fromkeys(session.watcher.notes))[:5],
        )

    def _imports(self, lines: tuple[str, ...]) -> list[str]:
        """The imports that lines need which use other files of the folder."""
        nodes = ast.walk(ast.parse("\n".join(lines)))
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        needed = [(module, name) for name, (module, _) in sorted(self.extra.items()) if name in used]
        return [
            f"from {module} import {name}"
            if all(part.isidentifier() for part in module.split("."))
            else f"import importlib; {name} = importlib.import_module({module!r}).{name}"
            for module, name in needed
        ]

    # Learning from failures

    def _supply(self, error: NameError) -> bool:
        """Gives a global name a value that only the main block gives it; whether that is possible."""
        name = getattr(error, "name", None) or ""
        if not name or name in self.hints.missing or name in self.namespace or len(self.hints.missing) >= MAX_SUPPLIED:
            return False
        given = value_in_script(self.source, name, {*self.namespace, *self.hints.missing})
        if not (given or re.search(rf"(?m)^\s+{re.escape(name)}\s*=[^=]", self.source)):
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
        text = values.get(role) or (given if self._can_be_evaluated(given) else "")
        if text:
            self.hints.missing[name] = text
        return bool(text)

    def _can_be_evaluated(self, text: str) -> bool:
        """Whether an expression has a value, and takes no function of the file's, which may train, to compute it."""
        if any(called_name(node) in self.facts.functions for node in ast.walk(ast.parse(text))):
            return False
        try:
            eval(text, {"np": np, **self.namespace})
        except Exception:  # data that are not there, or names that are set later
            return False
        return True

    def _is_set_by_a_method(self, error: BaseException | None) -> bool:
        """Whether an attribute is unset that a method sets, which is noted to be called first."""
        setters = [m for owner in self.facts.classes for m in self.facts.methods(owner).values()]
        known = {name for method in setters if method.name != "__init__" for name in method.writes}
        unset = (unset_at(error, self.files) & known) - self.hints.unset
        self.hints.unset |= unset
        return bool(unset)

    def _note_failure(self, session: Session, error: BaseException | None, ran: bool = False) -> None:
        """Keep a failed attempt for the report, and the one that came farthest."""
        line, text = user_line(error, self.files)
        notes = session.watcher.notes
        message = str(error)[:300] if error is not None else notes[0] if notes else "no parameter was updated"
        attempt = Attempt(
            lines=session.lines,
            type="" if error is None else type(error).__name__,
            message=message,
            line=line,
            text=text,
        )
        # weights of the driver's that do not fit say nothing about those of the file, nor many observations for one
        is_by_hand = any(BY_HAND in line for line in session.lines)
        blameless = "non-broadcastable" in message and (is_by_hand or ONE_LIST.search(self.source) is not None)
        if len(self.failures) < MAX_KEPT_ATTEMPTS and not blameless:
            self.failures.append(attempt)
        progress = (
            self._is_wrong_use(attempt),
            len(session.watcher.visited) + MAX_LINES_IN_ALL * ran,
            len(session.statements),
        )
        if (error is not None or ran) and (self.best is None or progress > self.best[0]):
            self.best = (progress, attempt, session)

    def failed(self) -> Driven:
        """What was tried, and how far that came."""
        count = self.count
        suggestion = self._suggestion(self.goals)
        if self.best is None:
            return Driven(succeeded=False, attempts=tuple(self.failures), count=count, suggestion=suggestion)
        _, attempt, session = self.best
        driven = self._driven(session, succeeded=False, certain=self._is_files_own(attempt))
        return replace(driven, attempts=tuple(self.failures), count=count, suggestion=suggestion)

    def _is_files_own(self, attempt: Attempt) -> bool:
        """Whether an attempt failed for something that no argument can be to blame for."""
        return attempt.line != 0 and (attempt.type in CERTAIN_ERRORS or self._is_wrong_use(attempt))

    def _is_wrong_use(self, attempt: Attempt) -> bool:
        """Whether a line of the user's uses a function, an attribute or a module as nothing allows."""
        classes = {name: one.node for name, one in self.facts.classes.items()}
        methods = {name for one in self.facts.classes.values() for name in one.methods}
        return attempt.line != 0 and (
            is_never_set(attempt.type, attempt.message, classes, self.texts)
            or is_never_stored(attempt.type, attempt.message, attempt.text, self.texts)
            or is_misused_library(attempt.type, attempt.message, attempt.text)
            or is_of_libraries_alone(attempt.type, attempt.text, self.namespace)
            or is_wrong_call(attempt.type, attempt.message, attempt.text, {*self.facts.functions, *classes, *methods})
        )

    def _suggestion(self, goals: list[Goal]) -> str:
        """A line for ``run``, with ``name=...`` for what is to be filled in; "" if there is nothing to call."""
        self.saved.restore()
        reset_generators(self.seed)
        calls = propose_calls(Caller(self._session(Choices({}), Watcher({})), self.roles), goals)
        return "; ".join([*self._imports(tuple(calls)), *calls])


def _urgency(item: tuple[Goal, Search]) -> float:
    """What decides which goal is pursued next, the lower the sooner: it rises with every attempt that failed."""
    goal, search = item
    return goal.cost + search.next_cost + search.tried / PATIENCE
