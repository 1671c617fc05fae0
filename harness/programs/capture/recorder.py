"""Records what a running script does with Keras: how it compiles, and its call of fit."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import inspect
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np

from ...errors import BadInput
from ..data_sources import FitData, training_data
from ..fit_calls import (
    FIT_DEFAULTS,
    build,
    callbacks_of,
    compile_arguments,
    overridden_step,
    program_of_fit,
    same_data,
    unused_optimizer,
    validation_of,
)
from ..kinds import OWN_STEP, WithoutModel
from ..old_versions.arguments import translated_compile, translated_fit
from ..old_versions.lists import data_from_lists
from ..program import FitError, MadeUp, Note, NoteKind, Places, Program, Validation, row_count
from ..rules.failures import COLOURS
from ..source.places import (
    Place,
    Sources,
    argument_of,
    assignments,
    call_at,
    calls_fit,
    loops_around,
    never_ends,
    passes_of,
)
from .followed_loops import FollowedLoop, NotPlain, OutOfTime, ScriptEnded
from .made_up_data import data_made_up, unknown_data, with_numbers
from .origins import Origins, Wrapper
from .own_loops import FITS, Loop, OwnLoops
from .own_steps import makes_plain_updates, trained_by_keras
from .supply import Supply

SECONDS_OF_LOOP = 60.0  # in which a loop of the user's own has to end, if there is no other limit
NOT_COMPILED = "You must call `compile()` before calling `fit()`."
SECONDS_AFTER_FIT = 20.0  # what follows the captured fit is stopped then


class Refused(ScriptEnded):
    """Ends the user's script because its training cannot be captured."""

    def __init__(self, error: BadInput) -> None:
        """Carry the error that the user sees."""
        super().__init__(str(error))
        self.error = error


class TimeLimit(keras.callbacks.Callback):
    """Stops a training at a point in time."""

    def __init__(self, deadline: float) -> None:
        """Stop at ``deadline`` of ``time.monotonic``."""
        super().__init__()
        self.deadline = deadline
        self.is_stopped = False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop if the time is up."""
        if time.monotonic() > self.deadline:
            self.is_stopped = True
            self.model.stop_training = True


@dataclass(frozen=True, kw_only=True)
class CompileCall:
    """A call of ``compile``: its arguments by name, and where it is."""

    arguments: Mapping[str, Any]
    place: Place | None


class Recorder:
    """Watches Keras while the user's script runs, and captures one call of fit.

    Attributes:
        program: the captured program, once fit has been called.
        fits: calls of fit so far.
        old_names: arguments of earlier Keras versions that were translated.
        completed: what the script was completed with before the captured call; None if no fit was run.
    """

    def __init__(
        self,
        sources: Sources,
        *,
        path: Path,
        fit: int,
        seconds: float | None,
        set_alarm: Callable[[float], None],
        at_fit: Callable[[Program], None] | None = None,
        is_surer: Callable[[Program, Program], bool] | None = None,
        supply: Supply | None = None,
    ) -> None:
        """Prepare to capture a call of fit.

        Args:
            sources: the user's code.
            path: the user's file.
            fit: number of the call to capture, from 1.
            seconds: after which the captured training is stopped; None for no limit.
            set_alarm: called with the seconds after which the script is to be stopped; 0 for never.
            at_fit: called with the captured program before its training starts.
            is_surer: says of the next call of fit and the captured one whether it is to be captured in place of that.
            supply: what is made up in this run; None if nothing may be.
        """
        self.supply = supply
        self.sources = sources
        self.path = path
        self.wanted = fit
        self.seconds = seconds
        self.set_alarm = set_alarm
        self.at_fit = at_fit
        self.is_surer = is_surer
        self.program: Program | None = None
        self.model: Any = None
        self.fits = 0
        self.old_names: list[str] = []
        self.completed: tuple[Note, ...] | None = None
        self.merged = 1
        self.deadline = float("inf")
        self.compiled: dict[int, tuple[Any, CompileCall]] = {}
        self.origins = Origins(sources, self.old_names)
        self.data: tuple[Any, Any] = (None, None)
        self.build_error: Exception | None = None
        self.early: tuple[Any, dict[str, Any], Place | None] | None = None
        self.loop_of_fits: FollowedLoop | None = None
        self.loops = OwnLoops(sources, self._is_own_loop, self._capture_loop, self._give_up)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch Keras inside the block."""
        with (
            self.origins.watching(),
            mock.patch.object(keras.Model, "compile", self._compile(keras.Model.compile)),
            mock.patch.object(keras.Model, "fit", self._fit(keras.Model.fit)),
            self._without_graph_mode(),
            self.loops.watching(),
        ):
            yield

    @contextlib.contextmanager
    def _without_graph_mode(self) -> Iterator[None]:
        """Refuse TensorFlow 1."""
        import tensorflow as tf

        def refuse_graph_mode(*arguments: Any, **options: Any) -> None:
            raise Refused(self.refusal("TensorFlow 1's graph mode"))

        with (
            mock.patch.object(tf.compat.v1, "disable_eager_execution", refuse_graph_mode),
            mock.patch.object(tf.compat.v1, "disable_v2_behavior", refuse_graph_mode),
        ):
            yield

    def refusal(self, how: str, place: Place | None = None) -> WithoutModel:
        """The error about a training that cannot be captured, with how it trains, at a place or the current one."""
        where = place or self.sources.here() or self.path.name
        return WithoutModel(
            f"{where}: expected a training with model.fit(), got a training loop with {how}; "
            "train the same model with compile() and fit(), or give model and data to harness.diagnose",
            how,
        )

    def mentions_fit(self) -> bool:
        """Whether any of the user's code that was run or imported calls fit of what may be a model of Keras."""
        return any(source is not None and calls_fit(source.text) for source in self.sources.known.values())

    def _compile(self, compile_model: Any) -> Wrapper:
        """Model.compile that remembers its arguments and the user's line."""
        signature = inspect.signature(compile_model)

        @functools.wraps(compile_model)
        def compiling(model: Any, *arguments: Any, **options: Any) -> Any:
            place = self.sources.here()
            if place is not None:
                arguments, options = translated_compile(arguments, options, self.old_names)
            result = compile_model(model, *arguments, **options)
            bound = signature.bind(model, *arguments, **options)
            bound.apply_defaults()
            self.compiled[id(model)] = (model, CompileCall(arguments=bound.arguments, place=place))
            if self.early is not None and self.early[0] is model:
                self.capture_early()
            return result

        return compiling

    def _is_own_loop(self) -> bool:
        """Whether a training without fit is that of the script."""
        return self.fits == 0 and self.program is None and not self.mentions_fit()

    def _give_up(self, how: str) -> None:
        """End a script that trains in a way that cannot be read."""
        raise Refused(self.refusal(how))

    def _capture_loop(self, loop: Loop) -> None:
        """Capture a training loop of the user's own at its first update, and end the script unless it is followed."""
        import tensorflow as tf

        with tf.init_scope():  # the update may be traced
            self.program = self._program_of_loop(loop)
            if self.at_fit is not None:
                self.at_fit(self.program)
        if self.program.made_up is MadeUp.NOTHING and self.program.outputs == 1 and loop.how != OWN_STEP:
            with contextlib.suppress(NotPlain):
                seconds = self.seconds or SECONDS_OF_LOOP
                is_endless = any(map(never_ends, self._loops(self.program.places.fit)))
                self.loops.follow(loop, seconds, is_endless=is_endless)
                self.set_alarm(seconds)
                return
        raise ScriptEnded

    def complete_loop(self) -> None:
        """Take a loop that was followed to the end of the script for a training by fit."""
        if self.loop_of_fits is not None and self.program is not None:
            first = dataclasses.replace(self.program, history=None, seconds=None)
            self.program = self.loop_of_fits.translated(first, FITS, first.batch_size)
        elif self.loops.followed is not None and self.program is not None:
            how = next(note.detail for note in self.program.notes if note.kind is NoteKind.OWN_LOOP)
            self.program = self.loops.followed.translated(self.program, how)

    def leave_loop(self) -> None:
        """Say of a loop of fits that did not end, or is not plain, that it is not repeated by fit.

        Of another loop that did not end, all rows so far are kept: those of its first update may be like no others.
        """
        if self.loops.followed is not None and self.program is not None:
            self.program = self.loops.followed.with_rows(self.program)
        if self.loop_of_fits is not None:
            assert self.program is not None
            self.loop_of_fits = None
            notes = [note for note in self.program.notes if note.kind is not NoteKind.FITS_MERGED]
            notes.append(Note(kind=NoteKind.OWN_LOOP, detail=FITS))
            self.program = dataclasses.replace(self.program, notes=tuple(notes))

    def capture_untrained(self) -> None:
        """Take the model that was compiled last for the program of a script that trains none."""
        if self.program is None and self.compiled:
            model, call = list(self.compiled.values())[-1]
            data = unknown_data(model)
            build(model, data.x)
            program = self._program(model, {**FIT_DEFAULTS, "x": data.x, "y": None}, data, None, call.place)
            if self.supply is not None and self.mentions_fit():  # it fails before
                self.supply.note("the data", "of fit")
            notes = [*program.notes, *([] if self.supply is None else self.supply.notes)]
            if not self.mentions_fit():
                notes.append(Note(kind=NoteKind.NEVER_FIT))
            places = dataclasses.replace(program.places, fit=None)
            self.program = dataclasses.replace(program, made_up=MadeUp.FORMATS, notes=tuple(notes), places=places)
            if self.at_fit is not None:
                self.at_fit(self.program)

    def capture_early(self) -> None:
        """Take a call of fit on a model that was not compiled yet for the program, and refuse it as Keras does.

        Raises:
            ValueError: always, if there was such a call.
            ScriptEnded: the data of the call are made up.
        """
        if self.early is None or self.program is not None:
            return

        def refuse(*_: Any, **__: Any) -> None:
            raise ValueError(NOT_COMPILED)

        self._captured(refuse, *self.early)

    def _program_of_loop(self, loop: Loop) -> Program:
        """The program whose loop is at its first update."""
        place = self.sources.here()
        given = {**FIT_DEFAULTS, "x": loop.x, "y": loop.y}
        data, extent = self._data_of_loop(loop, given)
        build(loop.model, data.x)
        program = self._program(loop.model, given, data, None, place)
        places = dataclasses.replace(
            program.places,
            optimizer=self.origins.place_of(loop.optimizer) or program.places.optimizer,
            loss=loop.place or self.origins.place_of(loop.loss) or program.places.loss,
        )
        notes = (*program.notes, Note(kind=NoteKind.OWN_LOOP, detail=loop.how))
        if self.supply is not None:
            notes += tuple(self.supply.notes)
        return dataclasses.replace(
            program,
            loss=program.loss if loop.loss is None else loop.loss,
            optimizer=program.optimizer if loop.optimizer is None else unused_optimizer(loop.optimizer),
            places=places,
            made_up=extent,
            notes=notes,
        )

    def _data_of_loop(self, loop: Loop, given: dict[str, Any]) -> tuple[FitData, MadeUp]:
        """The batch of the first update, and how much of it is made up: all of it if it has no values yet."""
        extent = MadeUp.NOTHING if self.supply is None else self.supply.extent
        if extent is not MadeUp.FORMATS:
            with contextlib.suppress(Exception):
                data = training_data(loop.x, loop.y, None)
                if row_count(data.x):  # which a made-up value may not have
                    return data, extent
        supply = self.supply or Supply("", lambda name: False)
        supply.extent = MadeUp.FORMATS
        return data_made_up(supply, loop.model, given), MadeUp.FORMATS

    def _fit(self, fit: Any) -> Wrapper:
        """Model.fit that captures the wanted call."""
        signature = inspect.signature(fit)

        @functools.wraps(fit)
        def fitting(model: Any, *arguments: Any, **options: Any) -> Any:
            place = self.sources.here()
            options = translated_fit(options, self.old_names)
            bound = signature.bind(model, *arguments, **options)
            bound.apply_defaults()
            given = dict(bound.arguments)
            given.pop("self", None)
            if place is not None:
                given = data_from_lists(given, model, self.old_names)
            self.fits += 1
            if self.fits < self.wanted:
                return fit(model, **given)
            if self.fits == self.wanted and not model.compiled:
                self.early = (model, given, place)  # its loss and optimizer may follow
                return keras.callbacks.History()
            if self.fits == self.wanted:
                return self._captured(fit, model, given, place)
            return self._later(fit, model, given, place)

        return fitting

    def _captured(self, fit: Any, model: Any, given: dict[str, Any], place: Place | None) -> Any:
        """Capture this call of fit, and run it."""
        has_own_step = overridden_step(model) is not None
        if has_own_step and (self.supply is not None or not makes_plain_updates(model, given)):
            self._capture_own_step(model, given)
        if self.supply is not None and self.supply.extent is not MadeUp.NOTHING:
            self._capture_made_up(self.supply, model, given, place)
        try:
            data = training_data(given["x"], given["y"], given["sample_weight"], given["steps_per_epoch"])
            validation = validation_of(given)
        except BadInput as error:
            raise Refused(type(error)(f"{place or self.path.name}: {error}")) from None
        if data.x_for_fit is not None:
            given["x"] = data.x_for_fit
        self.build_error = build(model, data.x)
        self.data, self.model = (given["x"], given["y"]), model
        self.completed = () if self.supply is None else tuple(self.supply.notes)
        self.program = self._program(model, given, data, validation, place)
        if has_own_step and self.program.is_copyable:
            trained_by_keras(self.program.model)
            note = Note(kind=NoteKind.STEP_OF_KERAS, detail=f"{overridden_step(model)}()")
            self.program = dataclasses.replace(self.program, notes=(*self.program.notes, note))
        elif has_own_step:
            self._capture_own_step(model, given)
        if self.at_fit is not None:
            self.at_fit(self.program)
        if self.seconds is not None:
            self.deadline = time.monotonic() + self.seconds
        return self._run(fit, model, given)

    def _capture_own_step(self, model: Any, given: dict[str, Any]) -> None:
        """Capture a model with a step of its own, and end the script."""
        compiled = getattr(model, "_compile_loss", None)  # it stands for what compile is given
        losses = [one for one in vars(model).values() if isinstance(one, keras.losses.Loss) and one is not compiled]
        loss = losses[0] if len(losses) == 1 else None
        self._capture_loop(Loop(how=OWN_STEP, model=model, x=given["x"], y=given["y"], loss=loss))

    def _capture_made_up(self, supply: Supply, model: Any, given: dict[str, Any], place: Place | None) -> None:
        """Capture a call of fit on made-up data, and end the script: training on such data would say nothing."""
        given = with_numbers(given)
        data = data_made_up(supply, model, given)
        validation = None
        if supply.extent is MadeUp.VALUES:
            with contextlib.suppress(Exception):
                validation = validation_of(given)
        build(model, data.x)
        program = self._program(model, given, data, validation, place)
        error = (
            None
            if model.compiled and self.early is None
            else FitError(kind="ValueError", message=NOT_COMPILED, place=place)
        )
        self.program = dataclasses.replace(
            program, made_up=supply.extent, notes=(*program.notes, *supply.notes), error=error
        )
        if self.at_fit is not None:
            self.at_fit(self.program)
        raise ScriptEnded

    def _run(self, fit: Any, model: Any, given: dict[str, Any]) -> Any:
        """Run fit under the time limit, and add its history to the program."""
        assert self.program is not None
        limit = TimeLimit(self.deadline)
        start = time.perf_counter()
        verbose = 0 if given["verbose"] in ("auto", 1, 2) else given["verbose"]
        try:
            history = self._limited(fit, model, {**given, "verbose": verbose}, limit)
        except Exception as error:
            place = self.sources.of_error(error) or self.program.places.fit
            message = COLOURS.sub("", str(self.build_error or error))
            self.program = dataclasses.replace(
                self.program, error=FitError(kind=type(error).__name__, message=message, place=place)
            )
            raise
        seconds = time.perf_counter() - start
        earlier = self.program.history or {}
        values = {
            name: (*earlier.get(name, ()), *map(float, measured))
            for name, measured in history.history.items()
            if all(np.ndim(value) == 0 for value in measured)
        }
        notes = self.program.notes
        if limit.is_stopped:
            count = len(values.get("loss", ()))
            notes = (*notes, Note(kind=NoteKind.STOPPED, count=count))
        self.program = dataclasses.replace(
            self.program,
            history=None if overridden_step(model) else values,  # a step of the user's own reports what it likes
            seconds=(self.program.seconds or 0.0) + seconds,
            is_stopped=limit.is_stopped,
            notes=notes,
        )
        return history

    def _limited(self, fit: Any, model: Any, given: dict[str, Any], limit: TimeLimit) -> Any:
        """Run fit until a limit, and the alarm again for what follows."""
        self.set_alarm(0)
        try:
            return fit(model, **{**given, "callbacks": [*callbacks_of(given["callbacks"]), limit]})
        finally:
            self.set_alarm(SECONDS_AFTER_FIT)

    def _later(self, fit: Any, model: Any, given: dict[str, Any], place: Place | None) -> Any:
        """A call of fit after the captured one: a further part of the same training, or the end of the script."""
        assert self.program is not None
        is_same_call = model is self.model and place == self.program.places.fit
        is_same = is_same_call and same_data(self.data, given)
        is_of_loop = is_same_call and not is_same and bool(self._loops(place))
        if self.loop_of_fits is not None or (is_of_loop and self.program.error is None):
            return self._next_of_loop(fit, model, given)
        if self._is_captured_instead(model, given, place):
            first = Note(kind=NoteKind.EARLIER_FIT, detail=str(self.program.places.fit or ""))
            self.wanted, self.is_surer = self.fits, None
            try:
                return self._captured(fit, model, given, place)
            finally:
                self.program = dataclasses.replace(self.program, notes=(*self.program.notes, first))
        if not is_same or self.program.is_stopped or self.program.error is not None or time.monotonic() > self.deadline:
            kind = NoteKind.STOPPED if is_same else NoteKind.MORE_FITS
            note = Note(kind=kind, count=self.fits, detail=str(place or ""))
            is_said = is_same and self.program.is_stopped
            self.program = dataclasses.replace(
                self.program,
                notes=self.program.notes if is_said else (*self.program.notes, note),
                is_stopped=self.program.is_stopped or is_same,
                epochs=max(self.program.epochs, self._meant_epochs(place, given) if is_same else 0),
            )
            raise ScriptEnded
        self.merged += 1
        epochs = self.program.epochs + given["epochs"] - given["initial_epoch"]
        notes = [note for note in self.program.notes if note.kind is not NoteKind.FITS_MERGED]
        notes.append(Note(kind=NoteKind.FITS_MERGED, count=self.merged))
        self.program = dataclasses.replace(self.program, epochs=epochs, notes=tuple(notes))
        return self._run(fit, model, given)

    def _is_captured_instead(self, model: Any, given: dict[str, Any], place: Place | None) -> bool:
        """Whether a call of fit on another model, written elsewhere, is to be captured in place of the first."""
        assert self.program is not None
        is_other = model is not self.model and place != self.program.places.fit
        if self.is_surer is None or not is_other or self.program.error is not None or not model.compiled:
            return False
        with contextlib.suppress(Exception):  # a call that cannot be read is not captured
            data = training_data(given["x"], given["y"], given["sample_weight"], given["steps_per_epoch"])
            build(model, data.x)
            return self.is_surer(self._program(model, given, data, validation_of(given), place), self.program)
        return False

    def _loops(self, place: Place | None) -> list[ast.AST]:
        """The loops that a call of the user's is written in."""
        source = None if place is None else self.sources.of(place)
        return [] if source is None else loops_around(source, ast.parse(source.text), place)

    def _meant_epochs(self, place: Place | None, given: dict[str, Any]) -> int:
        """Epochs of all calls of fit in a loop that was stopped; 0 if their number is not known."""
        frame = self.sources.frame()
        names = {} if frame is None else {**frame.f_globals, **frame.f_locals}
        loops = self._loops(place)
        return passes_of(loops, names) * int(given["epochs"] - given["initial_epoch"]) if loops else 0

    def _next_of_loop(self, fit: Any, model: Any, given: dict[str, Any]) -> Any:
        """A call of fit in a loop on other rows than the first: run, and its rows are gathered.

        Raises:
            ScriptEnded: the loop does something that one call of fit does not do, or does not end.
        """
        is_first = self.loop_of_fits is None
        if self.loop_of_fits is None:
            deadline = time.monotonic() + (self.seconds or SECONDS_OF_LOOP)
            self.loop_of_fits = FollowedLoop(model, optimizer=None, loss=None, deadline=deadline)
        first = itertools.repeat(self.data, self.merged if is_first else 0)
        calls = itertools.chain(
            first, itertools.repeat((given["x"], given["y"]), max(1, given["epochs"] - given["initial_epoch"]))
        )
        try:
            if any(getattr(layer, "stateful", False) for layer in model._flatten_layers(include_self=False)):
                raise NotPlain
            for x, y in calls:
                self.loop_of_fits.take(model, None, None, x, y)
        except NotPlain:
            self.leave_loop()
            raise ScriptEnded from None
        limit = TimeLimit(self.loop_of_fits.deadline)
        history = self._limited(fit, model, given, limit)
        if limit.is_stopped:
            raise OutOfTime
        return history

    def _program(
        self, model: Any, given: dict[str, Any], data: FitData, validation: Validation | None, place: Place | None
    ) -> Program:
        """The program at the moment of the captured call."""
        known = self.compiled.get(id(model))
        compile_call = known[1] if known is not None else None
        try:
            program = program_of_fit(
                model,
                given,
                data,
                validation,
                name=self.path.name,
                path=self.path,
                compile_arguments=compile_arguments(model, None if compile_call is None else compile_call.arguments),
                is_set=self.origins.is_set,
                places=self._places(model, compile_call, place),
            )
        except BadInput as error:
            raise Refused(BadInput(f"{place or self.path.name}: {error}")) from None
        if not program.set_weights:
            return program
        note = Note(kind=NoteKind.WEIGHTS_SET, count=len(program.set_weights))
        return dataclasses.replace(program, notes=(*program.notes, note))

    def _places(self, model: Any, compile_call: CompileCall | None, fit: Place | None) -> Places:
        """Where everything about a model was written."""
        layers = {}
        for layer in model._flatten_layers(include_self=False):
            place = self.origins.place_of(layer)
            if place is not None:
                layers[layer.name] = place
        arguments = {} if compile_call is None else compile_call.arguments
        loss = arguments.get("loss")
        return Places(
            layers=layers,
            compile=None if compile_call is None else compile_call.place,
            fit=fit,
            optimizer=self.origins.place_of(arguments.get("optimizer")),
            loss=self.origins.place_of(loss),
            x=self._assigned(fit, "x", 0),
            y=self._assigned(fit, "y", 1),
        )

    def _assigned(self, fit: Place | None, name: str, position: int) -> tuple[Place, ...]:
        """The lines that assign the variable that fit was given as an argument."""
        source = None if fit is None else self.sources.of(fit)
        if fit is None or source is None:
            return ()
        call = call_at(source.text, fit)
        argument = None if call is None else argument_of(call, name, position)
        if not isinstance(argument, ast.Name):
            return ()
        return assignments(self.sources.known, argument.id, fit)
