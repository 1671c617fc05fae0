"""What a fault is called: the named difference between the recorded step and the one that it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Node, Place, Ref
from .alignment import Samples, align, ratio
from .cost import Form
from .edits import EditBench, gradient_after
from .exceptions import RUN_FILE
from .locating import Fault
from .reading import Reading, expression, label, samples_of_lanes
from .repairs import FORMS_OF_ACTIVATION, Bench, Change, Repair, ValueBench
from .replay import CannotReplay, size_of
from .result import Found, Kind, Quantity
from .sources import Sources
from .stage import argument_ids
from .structure import MOVES, Layer, Role, is_view_of_parameter

Array = NDArray[Any]

LINES_OF_HELPER = 4  # that are shown of a function that is handed the wrong array
# How operations are written
SYMBOLS = {
    **{"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "dot": "dot"},
    **{"maximum": "maximum", "minimum": "minimum"},
}
COMPARISONS = frozenset({"greater", "greater_equal", "less", "less_equal"})
# Derivatives of usual activations, written from z
DERIVATIVES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 0.25 * (1 - np.tanh(0.5 * z) ** 2),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0).astype(float),
    "linear": np.ones_like,
}


class Naming:
    """Names one fault of a reading.

    Attributes:
        reading: the reading.
        fault: the fault.
        node: the first node of the faulty value.
        target: the forward node whose gradient it should be.
        layer: the layer of the target, of its observation.
    """

    def __init__(self, reading: Reading, fault: Fault, sources: Sources | None = None) -> None:
        self.reading = reading
        self.sources = sources or Sources()
        self.stage = reading.stage
        self.fault = fault
        self.settings = list(fault.settings)
        self.node: Node = self.stage.node(fault.bundle[0])
        self.target = fault.target[0]
        self.role = reading.forward.roles.get(self.target, Role.INTERMEDIATE)
        self.layer: Layer | None = (
            reading.forward.layer_of_parameter(self.target)
            if self.target in self.stage.parameters
            else reading.forward.layer_of(self.target)
        )
        self.aligned = reading.aligned_with(fault.bundle, self.settings)
        self.after = {step.after: step for step in self.stage.steps if not step.returned}
        self.ends = set(reading.forward.outputs) | {error.output for error in self.stage.errors}

    # Values

    def value(self, id: int) -> Samples | None:
        """The samples of a node, with its counterparts for other observations."""
        return self.reading.value_samples(self.reading.bundle(id), self.settings)

    def gradient(self, id: int) -> Samples | None:
        """The samples of the true gradient with respect to a node."""
        return self.reading.gradient_samples(self.reading.bundle(id))

    def same(self, id: int, expected: Samples | None) -> bool:
        """Whether a node is a multiple of the expected values, perhaps transposed."""
        value = self.value(id)
        return value is not None and expected is not None and align(value, expected) is not None

    def computed(self, function: Callable[..., Array], *ids: int) -> Samples | None:
        """A function of forward values, at all settings."""
        rows = []
        try:
            with np.errstate(all="ignore"):
                for values in self.settings:
                    lanes = zip(*(self.reading.bundle(id) for id in ids))
                    rows.append([function(*(np.asarray(values[one], dtype=float) for one in lane)) for lane in lanes])
            if not rows or not rows[0] or len({np.shape(item) for row in rows for item in row}) != 1:
                return None
            return samples_of_lanes(rows)
        except (ValueError, KeyError, IndexError):
            return None

    def delta(self, layer: Layer) -> Samples | None:
        """The true delta of a layer"""
        return self.gradient(layer.z)

    def local_derivative(self, layer: Layer, at: int | None = None) -> Samples | None:
        """f'(z) of a layer, elementwise; ``at``: with this node's value in the place of z."""
        region = set(layer.region)
        if not region:
            return self.computed(np.ones_like, layer.z)
        rows = []
        program = self.stage.program
        bundles = [self.reading.bundle(id) for id in (layer.z, layer.a, layer.z if at is None else at)]
        counterparts = {id: self.reading.bundle(id) for id in region}
        try:
            for values in self.settings:
                row = []
                for lane in range(len(bundles[0])):
                    z, a, place = (bundle[lane if lane < len(bundle) else 0] for bundle in bundles)
                    inner = {bundle[lane] for bundle in counterparts.values() if lane < len(bundle)}
                    known = values if at is None else program.rerun(values, {z: values[place]}, sorted(inner))
                    found = program.gradients({a: np.ones(np.shape(known[a]))}, known, inner | {z})
                    row.append(found.get(z, np.zeros(np.shape(known[z]))))
                rows.append(row)
        except (CannotReplay, KeyError, IndexError, ValueError):
            return None
        return samples_of_lanes(rows)

    # The name

    def name(self) -> Found:
        """The fault with its name."""
        return self.described(*self.identify())

    def described(self, id: str, places: Sequence[Place], detail: str) -> Found:
        """The fault under a name, at its lines."""
        place, others = (places[0], tuple(places[1:])) if places else (self.node.place, ())
        return Found(
            id=id,
            place=place,
            others=others,
            variable=label(self.stage, self.node.id),
            shape=self.node.shape,
            got=self.got(),
            expected=quantity(self.reading, self.target, self.fault.factor, self.fault.transposed),
            parameters=tuple(self.stage.parameters[one].name for one in self.fault.mends),
            detail=detail,
        )

    def got(self) -> Quantity:
        """What the faulty value is"""
        value = self.reading.value_samples(self.fault.bundle, self.settings)
        if value is not None and not np.any(value.flat):
            return Quantity(kind=Kind.NOTHING)
        for id, alignment in self.aligned:
            return quantity(self.reading, id, alignment.factor, alignment.transposed)
        return Quantity(kind=Kind.UNKNOWN)

    def identify(self) -> tuple[str, list[Place], str]:
        """The id, the lines and a detail."""
        try:
            return self.identified()
        except (ValueError, IndexError, KeyError, CannotReplay):
            return "wrong-value", self.lines(), ""

    def identified(self) -> tuple[str, list[Place], str]:
        """The id, the lines and a detail, by trying what is known."""
        if self.fault.is_factor:
            return self.at_factor()
        overflow = self.integers()
        if overflow is not None:
            return overflow
        tests = (
            self.updated_weights,
            self.wrong_slice,
            self.by_repair,
            self.at_pre_activation,
            self.at_activation,
            self.at_parameter,
        )
        for test in tests:
            found = test()
            if found is not None:
                return found
        return "wrong-value", self.lines(), ""

    # By the change that mends it

    def by_repair(self) -> tuple[str, list[Place], str] | None:
        """The name of the one change of an operation that makes the value right"""
        expected = [self.reading.gradient_at(number, self.fault.target, 0) for number in range(len(self.settings))]
        for opened in (0, 1):
            bench = ValueBench(
                self.reading, self.fault.bundle[0], expected, self.settings, self.fault.factor, opened=opened
            )
            repair = bench.repair()
            if repair is not None:
                break
        return None if repair is None else self.by(bench, repair)

    def by(self, bench: Bench, repair: Repair) -> tuple[str, list[Place], str] | None:
        """The name, lines and detail of a change; None if other tests name it better"""
        name = self.name_of_repair(bench, repair)
        if name is None:
            return None
        node = self.stage.node(repair.node)
        places = [node.place] if node.place is not None else []
        own = self.node.place
        if repair.change is Change.DERIVATIVE and repair.old >= 0:
            error = self.stage.node(repair.old)
            named = naming_places(self.sources, error)
            if error.place is not None and repair.old not in self.reading.forward.nodes:
                named.append(error.place)  # it is not a part of the cost, so the derivative may be missing there
            return name, unique([*named, *places, *self.lines()]), ""
        if repair.change is Change.INSERTED:
            # what is left out may be left out where the value that comes in was made
            above = [self.stage.node(one).place for one in self.operands() if one in self.reading.errors_below]
            places = [*(one for one in above if one is not None), *places]
            return name, unique([*self.lines(), *places]), self.detail_of(repair)
        if repair.change is Change.ARRAY and own is not None and node.place and node.place.function != own.function:
            # the line of a helper function is right; the one that calls it hands over the wrong array
            inside = self.stage.program.descendants([repair.node], within=set(bench.local))
            made = [self.stage.node(one).place for one in sorted(inside - {self.node.id})[:LINES_OF_HELPER]]
            places += [one for one in made if one is not None and one.function != own.function]
            return name, unique([*self.lines(), *places]), self.detail_of(repair)
        return name, unique([*places, *self.lines()]), self.detail_of(repair)

    def detail_of(self, repair: Repair) -> str:
        """What should stand in the place of what"""
        if repair.change is Change.OPERATION:
            return f"{SYMBOLS[self.stage.node(repair.node).operation]} -> {SYMBOLS[repair.operation]}"
        if repair.change is Change.POWER and repair.old >= 0:
            return f"{label(self.stage, repair.old)} -> {label(self.stage, repair.old)} ** 2"
        if repair.change is not Change.ARRAY:
            return ""
        return f"{label(self.stage, repair.old)} -> {label(self.stage, repair.new)}"

    def name_of_repair(self, bench: Bench, repair: Repair) -> str | None:
        """What a change says of the mistake; None if other tests name it better"""
        in_errors = repair.node in self.reading.errors_below
        if repair.change is Change.SIGN:
            if in_errors and self.adds_target(repair.node):
                return "target-added"
            # in a layer without a network, everything between the gradient from above and what is returned counts
            return "wrong-sign" if in_errors or self.reading.given else "wrong-derivative"
        if repair.change is Change.MASK:
            return "relu-mask-inverted"
        if repair.change is Change.TRANSPOSE:
            is_weight = self.origin(repair.old) in self.stage.parameters
            return "transposed-weights" if is_weight else "transposed-gradient"
        if repair.change is Change.AXIS:
            return None if self.role is Role.BIAS else "sum-over-wrong-axis"
        if repair.change is Change.INSERTED:
            is_constant = repair.new not in self.stage.dependent
            return "forward-factor-missing" if is_constant else "delta-not-multiplied-through"
        simple = {
            Change.ACCUMULATED: "sum-not-accumulated",
            Change.INDEX: "wrong-index",
            Change.LABELS: "labels-off-by-one",
        }
        if repair.change is Change.DERIVATIVE:
            if not any(repair.old == error.node for error in self.stage.errors):
                return "missing-hidden-activation-derivative"
            # where the output's own parameters have it, it is left out on the way back to the others
            is_partial = len(self.fault.mends) < len(self.stage.steps)
            return "delta-not-multiplied-through" if is_partial else "missing-output-activation-derivative"
        if repair.change in simple:
            return simple[repair.change]
        if repair.change is Change.OPERATION:
            return self.name_of_operation(repair)
        if repair.change is Change.POWER:
            is_square = self.stage.node(repair.node).operation in ("square", "power")
            return ("cost-used-as-gradient" if is_square else None) if in_errors else "wrong-derivative"
        if repair.change is Change.DROPPED:
            return None
        return self.name_of_array(bench, repair)

    def adds_target(self, id: int) -> bool:
        """Whether an operation is a sum of outputs and targets"""
        return self.stage.node(id).operation == "add" and any(error.node == id for error in self.stage.errors)

    def name_of_operation(self, repair: Repair) -> str:
        """What it means that another operation should stand in the place of one"""
        used, meant = self.stage.node(repair.node).operation, repair.operation
        if meant == "matmul":
            return "elementwise-for-matmul"
        if used in ("matmul", "dot"):
            return "matmul-for-elementwise"
        # what does not depend on the errors is a derivative, or goes into one
        return "wrong-operation" if repair.node in self.reading.errors_below else "wrong-derivative"

    def name_of_array(self, bench: Bench, repair: Repair) -> str | None:
        """What it means that another array should stand in the place of one"""
        forward, parameters = self.reading.forward, self.stage.parameters
        old, new = self.origin(repair.old), self.origin(repair.new)
        is_mask = any(
            self.stage.node(id).operation in COMPARISONS and repair.old in self.stage.program.parents[id]
            for id in bench.local
        )
        if is_mask and new in parameters and old not in parameters and old not in self.after:
            return "relu-mask-of-wrong-array"
        if new in parameters:
            if old in self.after:
                return "updated-weights-in-backward"
            user = self.stage.node(repair.node).operation
            if old in parameters or user in ("matmul", "dot", "inner", "tensordot", "einsum"):
                return "weights-of-wrong-layer"
            return "weight-decay-differs" if old in self.reading.errors_below else None
        layer = forward.layer_of(new)
        is_own = layer is not None and old == layer.a and new == layer.z
        if self.stage.node(old).in_place and self.is_written_into(new, old):
            return "shared-memory"
        users = [id for id in bench.local if repair.old in self.stage.program.parents[id]]
        only_mask = all(self.stage.node(id).operation in COMPARISONS for id in users)
        if is_mask and (not is_own or only_mask):
            return "relu-mask-of-wrong-array"
        if old not in self.stage.dependent and new not in self.stage.dependent and self.target not in parameters:
            return "wrong-value"
        if new not in forward.nodes and new in self.stage.dependent:
            return self.name_of_gradients(repair)
        if self.target in parameters and forward.roles.get(self.target) is Role.KERNEL:
            layer = forward.layer_of(new)
            if layer is not None and layer.a == new != layer.z and old == layer.z:
                return "pre-activation-in-gradient"
            return "wrong-layer-activation" if old not in parameters else None
        first, second = forward.layer_of(old), forward.layer_of(new)
        if first is None or second is None:
            return "wrong-derivative"
        if first.number != second.number:
            return "derivative-of-wrong-layer"
        if new == second.z:
            return "derivative-of-activation"
        return "activation-form-at-pre-activation" if old == first.z else "wrong-derivative"

    def is_written_into(self, before: int, after: int) -> bool:
        """Whether a value was written over one that stood in the same array"""
        id = after
        while self.stage.node(id).in_place and argument_ids(self.stage.node(id)):
            id = argument_ids(self.stage.node(id))[0]
            if id == before:
                return True
        return False

    def name_of_gradients(self, repair: Repair) -> str | None:
        """One gradient in the place of another"""
        forward = self.reading.forward
        found = [one for one, _ in self.reading.aligned_with(self.reading.bundle(repair.old), self.settings)]
        wanted = [one for one, _ in self.reading.aligned_with(self.reading.bundle(repair.new), self.settings)]
        if not found or not wanted:
            return None
        first, second = forward.layer_of(found[0]), forward.layer_of(wanted[0])
        if first is None or second is None:
            return None
        if first.number != second.number:
            return "output-delta-reused"
        return "delta-not-multiplied-through"

    def at_factor(self) -> tuple[str, list[Place], str]:
        """A factor of a product, in a network of numbers"""
        operands = set(self.stage.program.parents[self.node.id])
        origins = {self.origin(one) for one in operands}
        mended = {self.stage.parameters[one].name for one in self.fault.mends}
        layers = [self.reading.forward.layer_of_parameter(one) for one in self.fault.mends]
        used = [one for one in origins if one in self.stage.parameters]
        stale = [self.after[one].name for one in operands if one in self.after]
        if stale:
            return "updated-weights-in-backward", self.lines(), stale[0]
        if used and len(mended) > 1:
            return "weights-of-wrong-layer", self.lines(), self.stage.parameters[used[0]].name
        value = self.value(self.node.id)
        for other in self.reading.forward.layers:
            derivative = self.local_derivative(other)
            if self.equal(value, derivative) and other not in layers:
                return "derivative-of-wrong-layer", self.lines(), ""
        layer = layers[0]
        if layer is not None and layer.a != layer.z:
            found = self.name_derivative(layer, self.node.id, self.local_derivative(layer))
            if found is not None and found[0] != "wrong-derivative":
                return found
        role = self.reading.forward.roles.get(self.fault.mends[0])
        if role is Role.BIAS and len(mended) == 1:
            return "wrong-value", self.lines(), ""
        if len(mended) == 1 and role is Role.KERNEL:
            return "wrong-layer-activation", self.lines(), ""
        return "wrong-derivative", self.lines(), ""

    def lines(self, *more: Node | None) -> list[Place]:
        """The line of the fault and further ones"""
        found: dict[tuple[str, int], Place] = {}
        for node in (self.node, *more):
            if node is not None and node.place is not None:
                found.setdefault((node.place.file, node.place.line), node.place)
        return list(found.values())

    def operands(self) -> list[int]:
        """The nodes that the faulty value is made of directly"""
        return argument_ids(self.node)

    def integers(self) -> tuple[str, list[Place], str] | None:
        """Whether values were cut off to integers on the way"""
        if self.node.operation in ("setitem", "astype") and np.dtype(self.node.dtype or "f8").kind in "iu":
            return "integer-weights", self.lines(), ""
        return None

    def wrong_slice(self) -> tuple[str, list[Place], str] | None:
        """Whether another part of the same array would have been right: the bias' row or column is left in"""
        if self.node.operation not in ("getitem", "delete") or not self.operands():
            return None
        whole = self.value(self.operands()[0])
        expected = self.reading.gradient_samples(self.fault.target)
        if whole is None or expected is None or len(whole.shape) != 2 or len(expected.shape) != 2:
            return None
        parts = whole.flat.reshape(-1, *whole.shape)
        for part in (parts[:, :, 1:], parts[:, :, :-1], parts[:, 1:], parts[:, :-1]):
            if part.shape[1:] == expected.shape and ratio(part.ravel(), expected.flat) is not None:
                return "bias-row-not-dropped", self.lines(), ""
        return None

    def origin(self, id: int) -> int:
        """The node that this one rearranges: a parameter, before or after its update, or a value of another kind"""
        while id not in self.stage.parameters and id not in self.after:
            node = self.stage.node(id)
            sources = argument_ids(node)
            if node.operation not in MOVES or not sources:
                return id
            id = sources[0]
        return id

    def updated_weights(self) -> tuple[str, list[Place], str] | None:
        """Whether the value is made with a parameter after its update"""
        for operand in self.operands():
            origin = self.origin(operand)
            chain = self.stage.program.ancestors([origin], stop=self.stage.parameters)
            step = self.after.get(origin)
            if step is None:
                update = next((one for one in self.stage.recording.updates if origin in one.parts), None)
                if update is None or update.parameter < 0 or not chain:
                    continue
                step = next((one for one in self.stage.steps if one.parameter == update.parameter), None)
            if step is None:
                continue
            variable = label(self.stage, origin)
            if is_other_name(self.stage.node(operand), step.name):
                return "shared-memory", self.lines(), step.name
            return "updated-weights-in-backward", self.lines(), step.name or variable
        return None

    # At a pre-activation: between dC/da and dC/dz

    def at_pre_activation(self) -> tuple[str, list[Place], str] | None:
        """The target is a pre-activation, or a node between it and its activation."""
        if self.target in self.stage.parameters or self.layer is None or self.target == self.layer.a != self.layer.z:
            return None
        layer = self.layer
        is_output = self.is_output(layer)
        where = "output" if is_output else "hidden"
        ids = [one for one, _ in self.aligned]
        if self.is_coupled(layer) and self.is_diagonal_only(layer):
            return "softmax-jacobian-diagonal-only", self.lines(), ""
        if layer.a != layer.z and any(one == layer.a or one in layer.region for one in ids):
            return f"missing-{where}-activation-derivative", self.lines(), ""
        others = [one for one in ids if one not in (layer.z, layer.a)]
        other = next((self.reading.forward.layer_of(one) for one in others if self.reading.forward.layer_of(one)), None)
        if other is not None and other.number != layer.number:
            return "output-delta-reused", self.lines(), ""
        if is_output:
            found = self.at_output(layer)
            if found is not None:
                return found
        derivative = self.local_derivative(layer)
        value = self.reading.value_samples(self.fault.bundle, self.settings)
        delta = self.delta(layer)
        if value is not None and delta is not None and derivative is not None and np.any(derivative.flat != 1):
            twice = "derivative-twice" if not is_output else self.extra_at_output()
            if ratio(value.flat, delta.flat * derivative.flat) is not None:
                return twice, self.lines(), ""
        return self.wrong_factor(layer, derivative)

    def is_diagonal_only(self, layer: Layer) -> bool:
        """Whether dC/da is multiplied by a, or by a (1 - a), as if units did not depend on one another"""
        value = self.reading.value_samples(self.fault.bundle, self.settings)
        for id in layer.region:
            upstream, a = self.gradient(id), self.value(id)
            if value is None or upstream is None or a is None:
                continue
            if not value.flat.shape == upstream.flat.shape == a.flat.shape:
                continue
            if any(ratio(value.flat, upstream.flat * one) is not None for one in (a.flat, a.flat * (1 - a.flat))):
                return True
        return False

    def is_output(self, layer: Layer) -> bool:
        """Whether a layer's activation is compared with targets"""
        return bool(self.ends & {layer.z, layer.a, *layer.region, *self.reading.bundle(layer.a)})

    def extra_at_output(self) -> str:
        """The name of a derivative too many at the output"""
        if self.reading.cost.form in (Form.BINARY, Form.CATEGORICAL) or self.reading.cost.node is not None:
            return "cross-entropy-gradient-with-extra-derivative"
        return "derivative-twice"

    def wrong_factor(self, layer: Layer, derivative: Samples | None) -> tuple[str, list[Place], str] | None:
        """dC/da is right and is multiplied by something else than f'(z)"""
        operands = self.operands()
        if self.node.operation == "setitem" and len(self.node.arguments) == 3:
            return self.masked(layer)
        if (
            self.node.operation in ("matmul", "dot")
            and derivative is not None
            and any(self.same(one, derivative) for one in operands)
        ):
            return "matmul-for-elementwise", self.lines(), ""
        if self.node.operation not in ("multiply", "divide", "where") or len(operands) < 1:
            return None
        if derivative is not None and any(self.same(one, derivative) for one in operands):
            return self.wrong_upstream(layer, [one for one in operands if not self.same(one, derivative)])
        factors = [one for one in operands if one not in self.reading.errors_below]
        if len(factors) != 1 or len(operands) < 2:
            return None
        whole = self.product_after(layer)
        if whole is not None:
            return self.name_derivative(layer, factors[0], derivative, whole)
        factor = factors[0]
        return self.name_derivative(layer, factor, derivative)

    def product_after(self, layer: Layer) -> Samples | None:
        """What dC/da was multiplied by in several steps, such as ``error * a * (1 - a)``; None for one step"""
        id, steps = self.node.id, 0
        while self.stage.node(id).operation == "multiply" and steps < 8:
            upstream = [one for one in argument_ids(self.stage.node(id)) if one in self.reading.errors_below]
            if len(upstream) != 1:
                return None
            id, steps = upstream[0], steps + 1
            if self.is_gradient_of(id, layer.a):
                value, before = self.value(self.node.id), self.value(id)
                if steps == 1 or value is None or before is None or value.shape != before.shape:
                    return None
                if np.any(before.flat == 0):
                    return None
                flat = value.flat / before.flat
                return Samples(value.shape, flat, None)
        return None

    def masked(self, layer: Layer) -> tuple[str, list[Place], str] | None:
        """``dz[z <= 0] = 0``"""
        index = self.node.arguments[1]
        mask = index.id if isinstance(index, Ref) else None
        derivative = self.local_derivative(layer)
        if mask is None or derivative is None:
            return None
        return self.name_mask(layer, mask, derivative, zeroed=True) or ("wrong-derivative", self.lines(), "")

    def name_mask(
        self, layer: Layer, mask: int, derivative: Samples, zeroed: bool = False
    ) -> tuple[str, list[Place], str] | None:
        """A mask of a piecewise linear activation"""
        value = self.value(mask)
        if value is None or value.flat.shape != derivative.flat.shape:
            return None
        passes = (value.flat == 0) if zeroed else (value.flat != 0)
        right = derivative.flat != 0
        if not set(np.unique(derivative.flat)) <= {0.0, 1.0}:
            return None
        if np.array_equal(passes, ~right):
            at = self.stage.node(mask).place
            return "relu-mask-inverted", [*([at] if at is not None else []), *self.lines()], ""
        return "relu-mask-of-wrong-array", self.lines(self.stage.node(mask)), ""

    def wrong_upstream(self, layer: Layer, operands: Sequence[int]) -> tuple[str, list[Place], str] | None:
        """f'(z) is right and is multiplied by something else than dC/da"""
        for one in operands:
            for id, _ in self.reading.aligned_with(self.reading.bundle(one), self.settings):
                other = self.reading.forward.layer_of(id)
                if other is not None and other.number != layer.number:
                    return "output-delta-reused", self.lines(), ""
        return None

    def is_gradient_of(self, id: int, forward: int) -> bool:
        """Whether a node is a multiple of the gradient with respect to a forward node"""
        found = self.reading.aligned_with(self.reading.bundle(id), self.settings)
        return any(one in self.reading.bundle(forward) or one == forward for one, _ in found) or self.same(
            id, self.gradient(forward)
        )

    def name_derivative(
        self, layer: Layer, factor: int, derivative: Samples | None, whole: Samples | None = None
    ) -> tuple[str, list[Place], str] | None:
        """What a wrong derivative is; ``whole``: its values, if it is multiplied in several steps"""
        value = whole or self.value(factor)
        if value is None or self.origin(factor) in self.stage.parameters:
            return None
        at_call, at_definition = self.places_of_derivative(factor)
        piecewise = derivative is not None and set(np.unique(derivative.flat)) <= {0.0, 1.0}
        if (
            piecewise
            and derivative is not None
            and set(np.unique(value.flat)) <= {0.0, 1.0}
            and (len(set(np.unique(value.flat))) > 1 or len(set(np.unique(derivative.flat))) > 1)
        ):
            return self.name_mask(layer, factor, derivative)
        for other in self.reading.forward.layers:
            if (
                other.number != layer.number
                and self.same_lane(other, layer)
                and self.equal(value, self.local_derivative(other))
            ):
                return "derivative-of-wrong-layer", at_call, ""
        if layer.region and self.equal(value, self.local_derivative(layer, at=layer.a)):
            return "derivative-of-activation", at_call, ""
        for name, form in FORMS_OF_ACTIVATION.items():
            if self.equal(value, self.computed(form, layer.z)) and layer.a != layer.z:
                node = self.definition_of(factor)
                wants_z = self.argument_of(node).lower().startswith(("z", "net", "pre"))
                places = at_definition if wants_z and not self.works_elsewhere(factor) else at_call
                return "activation-form-at-pre-activation", places, name
            if layer.a == layer.z and self.equal(value, self.computed(form, layer.z)):
                return "activation-missing-on-hidden", self.activation_lines(layer), name
        for name, function in DERIVATIVES.items():
            if self.equal(value, self.computed(function, layer.z)):
                return "wrong-derivative", at_definition, name
        for name, form in FORMS_OF_ACTIVATION.items():
            if layer.a != layer.z and self.equal(value, self.computed(form, layer.a)):
                return "wrong-derivative", at_definition, name
            for other in self.reading.forward.layers:
                if other.number != layer.number and self.equal(value, self.computed(form, other.a)):
                    return "derivative-of-wrong-layer", at_call, name
        if self.equal(value, self.computed(lambda a: a, layer.a)):
            return "wrong-derivative", at_definition, "activation"
        if self.works_elsewhere(factor):
            return "wrong-derivative", at_call, ""
        return "wrong-derivative", at_definition, ""

    def argument_of(self, node: Node | None) -> str:
        """The name of the first argument of the function that a node was made in"""
        return "" if node is None or node.place is None else self.sources.argument_of(node.place.function)

    def places_of_derivative(self, factor: int) -> tuple[list[Place], list[Place]]:
        """The lines of a derivative, where it is asked for first and where it is computed first"""
        definition = self.definition_of(factor)
        made = definition.place if definition is not None else None
        call: Place | None = None
        if made is not None and (self.node.place is None or made.function != self.node.place.function):
            names = tuple(
                name for one in (factor, definition.id if definition else factor) for name in self.stage.node(one).names
            )
            call = self.sources.call_of(made.function, names) if names else None
        use = self.lines()
        if (made is not None and made.function == "<module>") or (
            self.node.place is not None and made is not None and made.function == self.node.place.function
        ):
            # on lines of one function: where it is computed, unless that is within the expression itself
            own = [made] if made is not None else []
            return unique([*own, *use]), unique([*own, *use])
        own = [made] if made is not None else []
        return unique([*([call] if call else []), *use, *own]), unique([*own, *([call] if call else []), *use])

    def same_lane(self, first: Layer, second: Layer) -> bool:
        """Whether two layers belong to the same observation"""
        lanes = self.reading.forward.lanes
        return lanes.get(first.z, 0) == lanes.get(second.z, 0)

    def activation_lines(self, layer: Layer) -> list[Place]:
        """The line of the forward pass where an activation is missing"""
        place = self.stage.node(layer.z).place
        return [*([place] if place else []), *self.lines()]

    @staticmethod
    def equal(value: Samples | None, expected: Samples | None) -> bool:
        """Whether the values are a multiple of the expected ones"""
        if value is None or expected is None:
            return False
        found = align(value, expected)
        return found is not None

    def definition_of(self, factor: int) -> Node | None:
        """Where a derivative is computed: in a function of its own, or on the line itself"""
        node = self.stage.node(factor)
        while node.operation in MOVES and argument_ids(node) and node.id not in self.reading.forward.nodes:
            node = self.stage.node(argument_ids(node)[0])
        return node

    def works_elsewhere(self, factor: int) -> bool:
        """Whether the same line gives the right derivative for another layer"""
        node = self.stage.node(factor)
        for other in self.reading.forward.layers:
            derivative = self.local_derivative(other)
            for id in sorted(self.stage.needed & self.stage.dependent):
                one = self.stage.node(id)
                if (
                    id != factor
                    and one.place == node.place
                    and one.operation == node.operation
                    and derivative is not None
                    and self.same(id, derivative)
                ):
                    return True
        return False

    def at_output(self, layer: Layer) -> tuple[str, list[Place], str] | None:
        """Mistakes between outputs and targets"""
        value = self.reading.value_samples(self.fault.bundle, self.settings)
        if value is None or not self.stage.errors:
            return None
        error = self.stage.errors[0]
        if error.target is not None:
            wide, shape = self.stage.node(error.target).shape, self.stage.node(error.output).shape
            if wide != shape and self.stage.node(error.node).shape not in (shape, wide):
                return "broadcast-by-accident", self.lines(self.stage.node(error.node)), ""
        plain = self.of_errors(lambda x, y: x - y)
        is_plain = plain is not None and ratio_or_none(value, plain.flat)
        derivative = self.local_derivative(layer)
        named: list[tuple[str, Callable[[Array, Array], Array], bool]] = [
            ("cost-used-as-gradient", lambda x, y: (x - y) ** 2, False),
            ("cost-used-as-gradient", lambda x, y: np.abs(x - y), False),
            ("cost-gradient-at-pre-activation", lambda x, y: x - y, True),
            ("target-added", lambda x, y: x + y, False),
            ("binary-crossentropy-one-sided", lambda x, y: y / x, False),
            ("binary-crossentropy-one-sided", lambda x, y: y * (1 - x), False),
        ]
        for id, function, at_z in named:
            if at_z and layer.a == layer.z:
                continue
            expected = self.of_errors(function, layer if at_z else None)
            # errors that are all above 0, or all below, are their own absolute values
            is_same = is_plain and id == "cost-used-as-gradient"
            if expected is None or not np.any(expected.flat) or is_same:
                continue
            scaled = derivative is not None and derivative.flat.shape == expected.flat.shape
            if ratio_or_none(value, expected.flat) or (
                scaled and derivative is not None and ratio_or_none(value, expected.flat * derivative.flat)
            ):
                return id, self.lines(self.stage.node(error.node)), ""
        normalised = self.is_coupled(layer) and self.adds_up_to_one(error.output)
        if is_plain and normalised and self.reading.cost.form in (Form.CATEGORICAL, None):
            return "softmax-over-wrong-axis", self.activation_places(layer), ""
        diagonal = self.of_errors(lambda x, y: (x - y) * x * (1 - x))
        if diagonal is not None and ratio_or_none(value, diagonal.flat):
            name = "cross-entropy-gradient-with-extra-derivative"
            if self.is_coupled(layer) and (self.reading.cost.form is Form.SQUARED or self.is_of_squares()):
                name = "softmax-jacobian-diagonal-only"
            return name, self.lines(), ""
        return None

    def is_of_squares(self) -> bool:
        """Whether the file's own cost is one of squared errors"""
        error, gradients = self.stage.errors[0], self.reading.gradients
        if any(error.output not in one for one in gradients) or len(self.stage.errors) > 1:
            return False
        plain = self.of_errors(lambda x, y: x - y)
        found = samples_of_lanes([[one[error.output]] for one in gradients])
        return plain is not None and plain.flat.shape == found.flat.shape and ratio(found.flat, plain.flat) is not None

    def of_errors(self, function: Callable[[Array, Array], Array], layer: Layer | None = None) -> Samples | None:
        """A function of the outputs (or of a layer's pre-activations) and the targets, of all observations."""
        rows = []
        places = self.reading.bundle(layer.z) if layer is not None else None
        try:
            with np.errstate(all="ignore"):
                for values in self.settings:
                    row = []
                    for number, error in enumerate(self.stage.errors):
                        id = error.output if places is None else places[min(number, len(places) - 1)]
                        row.append(function(np.asarray(values[id], dtype=float), error.target_values(values)))
                    rows.append(row)
            if len({np.shape(item) for row in rows for item in row}) != 1:
                return None
            return samples_of_lanes(rows)
        except (ValueError, KeyError, IndexError):
            return None

    def activation_places(self, layer: Layer) -> list[Place]:
        """The line where an activation normalises, and the line of the fault"""
        found = [
            node.place
            for node in (self.stage.node(one) for one in layer.region)
            if node.operation in ("sum", "softmax")
        ]
        places = [one for one in found if one is not None]
        return [*places[-1:], *self.lines()]

    def adds_up_to_one(self, id: int) -> bool:
        """Whether values are shares of 1, along an axis or all together"""
        value = np.asarray(self.settings[0][id], dtype=float)
        axes = (None, *range(value.ndim))
        return bool(np.all(value >= 0)) and any(np.allclose(np.sum(value, axis=axis), 1) for axis in axes)

    def is_coupled(self, layer: Layer) -> bool:
        """Whether an activation depends on other units of its layer"""
        return any(self.stage.node(id).operation in ("sum", "softmax", "max") for id in layer.region)

    # At an activation: what came through the weights

    def at_activation(self) -> tuple[str, list[Place], str] | None:
        """The target is the activation of a layer below the output, or of the input."""
        if self.layer is None or self.target in self.stage.parameters or self.target != self.layer.a:
            return None
        if self.is_output(self.layer):
            return self.at_output(self.layer)
        operands = self.operands()
        if self.node.operation == "multiply" and self.node.shape == ():
            partner = self.partner(self.layer.a)
            used = [self.origin(one) for one in operands if self.origin(one) in self.stage.parameters]
            if partner is not None and used and partner not in used:
                return "weights-of-wrong-layer", self.lines(), self.stage.parameters[used[0]].name
            return None
        if self.node.operation == "multiply":
            return "elementwise-for-matmul", self.lines(), ""
        if self.node.operation not in ("matmul", "dot", "inner", "tensordot", "einsum"):
            return None
        above = [
            one
            for one in self.reading.forward.layers
            if one.number == self.layer.number + 1 and self.same_lane(one, self.layer)
        ]
        for operand in operands:
            origin = self.origin(operand)
            if origin in self.stage.parameters:
                if above and not any(origin in one.parameters for one in above):
                    return "weights-of-wrong-layer", self.lines(), self.stage.parameters[origin].name
                continue
            if above and above[0].a != above[0].z and self.is_gradient_of(operand, above[0].a):
                return "delta-not-multiplied-through", self.lines(), ""
            found = self.reading.aligned_with(self.reading.bundle(operand), self.settings)
            layers = [self.reading.forward.layer_of(one) for one, _ in found]
            if above and layers and not any(one is not None and one.number == above[0].number for one in layers):
                return "output-delta-reused", self.lines(), ""
        if above and any(self.is_gradient_of(one, above[0].z) for one in operands):
            return "transposed-weights", self.lines(), ""
        return None

    def partner(self, activation: int) -> int | None:
        """The only parameter that an activation is multiplied by, in a network of numbers"""
        found = set()
        for child in self.stage.program.children[activation]:
            node = self.stage.node(child)
            if child in self.reading.forward.nodes and node.operation == "multiply":
                found |= {self.origin(one) for one in argument_ids(node)} & set(self.stage.parameters)
        return found.pop() if len(found) == 1 else None

    # At a parameter

    def at_parameter(self) -> tuple[str, list[Place], str] | None:
        """The target is a parameter."""
        if self.target not in self.stage.parameters:
            return self.decayed() if is_view_of_parameter(self.stage, self.target) else None
        value = self.reading.value_samples(self.fault.bundle, self.settings)
        if value is not None and not np.any(value.flat):
            return ("bias-gradient-missing" if self.role is Role.BIAS else "kernel-not-updated"), self.lines(), ""
        for id, alignment in self.aligned:
            if id in self.stage.parameters and id != self.target:
                return "gradient-of-another-parameter", self.lines(), self.stage.parameters[id].name
            if id == self.target and alignment.transposed:
                return "transposed-gradient", self.lines(), ""
        for test in (self.decayed, self.scaled_parts):
            found = test()
            if found is not None:
                return found
        own = self.gradient(self.target)
        if (
            value is not None
            and own is not None
            and own.turned is not None
            and value.flat.size == own.flat.size
            and ratio(value.flat, own.turned) is not None
        ):
            return "transposed-gradient", self.lines(), ""
        if self.role is Role.BIAS:
            return self.at_bias(value)
        return self.at_kernel()

    def elements(self) -> tuple[Array, Array] | None:
        """(settings, elements) the value and what it should be; None if their sizes differ."""
        rows, wanted = [], []
        for number, values in enumerate(self.settings):
            rows.append(np.ravel(np.asarray(values[self.fault.bundle[0]], dtype=float)))
            wanted.append(np.ravel(self.reading.gradient_at(number, self.fault.target, 0)))
        if len({one.size for one in (*rows, *wanted)}) != 1 or len(self.fault.bundle) > 1:
            return None
        return np.array(rows), np.array(wanted)

    def decayed(self) -> tuple[str, list[Place], str] | None:
        """Whether the value differs from the gradient by a multiple of the parameter, or of a part of it"""
        found = self.elements()
        if found is None:
            return None
        value, expected = found
        parameter = np.array([np.ravel(np.asarray(values[self.target], dtype=float)) for values in self.settings])
        for factor in (self.fault.factor, 1.0):
            rest = value - factor * expected
            differs = np.max(np.abs(rest), axis=0) > 1e-9 * np.max(np.abs(value))
            if not np.any(differs) or value.shape[0] * int(np.sum(differs)) < 6:
                continue
            if ratio(rest[:, differs].ravel(), parameter[:, differs].ravel()) is not None:
                return "weight-decay-differs", self.lines(), ""
        return None

    def scaled_parts(self) -> tuple[str, list[Place], str] | None:
        """Whether parts of one vector of parameters are multiples of their gradients, but not the same ones"""
        found = self.elements()
        if found is None:
            return None
        value, expected = found
        used = np.all(np.abs(expected) > 1e-9 * np.max(np.abs(expected)), axis=0)
        if int(np.sum(used)) < 4:
            return None
        factors = value[:, used] / expected[:, used]
        usual = np.median(factors)
        if np.any(np.abs(factors - factors[:1]) > 1e-6 * np.abs(factors[:1])) or usual <= 0:
            return None
        odd = factors[0][np.abs(factors[0] - usual) > 1e-6 * usual]
        if not odd.size or np.any(odd <= 0):
            return None
        node = self.node_of_factor(float(odd[0]))
        id = "gradient-scaled-differently"
        return id, unique([*([node.place] if node is not None and node.place else []), *self.lines()]), ""

    def node_of_factor(self, factor: float) -> Node | None:
        """The first value on the way that is a gradient with this factor"""
        leading = self.stage.program.ancestors(self.fault.bundle, stop=self.stage.parameters)
        for bundle in self.reading.backward_bundles():
            if bundle[0] not in leading or bundle[0] == self.fault.bundle[0]:
                continue
            if any(abs(one.factor - factor) <= 1e-6 * abs(factor) for _, one in self.reading.aligned_with(bundle)):
                return self.stage.node(bundle[0])
        return None

    def at_bias(self, value: Samples | None) -> tuple[str, list[Place], str] | None:
        """The gradient of a bias"""
        own = self.gradient(self.target)
        if value is None or own is None or self.layer is None:
            return None
        wrong = self.wrong_delta(self.operands())
        if wrong is not None:
            return wrong
        units = own.flat.reshape(len(self.settings), -1)
        got = value.flat.reshape(len(self.settings), -1) if value.flat.size % len(self.settings) == 0 else units
        if got.shape == units.shape and units.shape[1] > 1 and np.allclose(got, got[:, :1]):
            return "bias-gradient-summed-over-units", self.lines(), ""
        if self.one_observation(value):
            return "last-observation-only", self.lines(), ""
        if self.is_gradient_of(self.node.id, self.layer.z) and size_of(self.node) > own.flat.size // len(self.settings):
            step = self.stage.parameters[self.target]
            update = self.stage.node(step.after).place
            return "bias-gradient-not-summed", unique([*([update] if update else []), *self.lines()]), ""
        if self.node.operation in ("sum", "mean"):
            return "sum-over-wrong-axis", self.lines(), ""
        return None

    def one_observation(self, value: Samples) -> bool:
        """Whether a bias' gradient is the delta of one observation"""
        if self.layer is None:
            return False
        delta = self.delta(self.layer)
        own = self.gradient(self.target)
        if delta is None or own is None or len(delta.shape) != 2:
            return False
        rows = delta.flat.reshape(len(self.settings), *delta.shape)
        for axis in (1, 2):
            for number in (0, -1):
                one = np.take(rows, number, axis=axis).ravel()
                if ratio_or_none(value, one):
                    return True
        return False

    def wrong_delta(self, operands: Sequence[int]) -> tuple[str, list[Place], str] | None:
        """Whether the gradient of a parameter is made with something else than its layer's delta"""
        if self.layer is None:
            return None
        layer = self.layer
        for operand in operands:
            found = [one for one, _ in self.reading.aligned_with(self.reading.bundle(operand), self.settings)]
            if not found or self.same(operand, self.delta(layer)):
                continue
            if layer.a != layer.z and (layer.a in found or any(one in layer.region for one in found)):
                where = "output" if self.is_output(layer) else "hidden"
                return f"missing-{where}-activation-derivative", self.lines(), ""
            layers = [self.reading.forward.layer_of(one) for one in found]
            if any(one is not None and one.number != layer.number for one in layers):
                return "output-delta-reused", self.lines(), ""
        return None

    def at_kernel(self) -> tuple[str, list[Place], str] | None:
        """The gradient of a kernel"""
        operands = self.operands()
        if self.layer is None:
            return None
        wrong = self.wrong_delta(operands)
        if wrong is not None:
            return wrong
        delta = self.delta(self.layer)
        if not any(self.same(one, delta) for one in operands):
            return None
        wide = [one for one in operands if self.stage.node(one).shape != ()]
        if self.node.operation == "multiply" and len(wide) > 1:
            return "elementwise-for-matmul", self.lines(), ""
        rest = [one for one in operands if not self.same(one, delta)]
        below = [one for one in self.reading.forward.layers if one.number == self.layer.number - 1 and one.a != one.z]
        for operand in rest:
            if any(self.same(operand, self.value(one.z)) for one in below):
                return "pre-activation-in-gradient", self.lines(), ""
            origin = self.origin(operand)
            layer = self.reading.forward.layer_of(origin)
            if layer is None:
                for other in self.reading.forward.layers:
                    for id in (other.z, other.a):
                        if self.same(operand, self.value(id)):
                            layer, origin = other, id
            if layer is not None:
                if origin == layer.z != layer.a and layer.number == self.layer.number - 1:
                    return "pre-activation-in-gradient", self.lines(), ""
                return "wrong-layer-activation", self.lines(), ""
            if self.layer.number > 1:
                return "wrong-layer-activation", self.lines(), ""
        return None


def unique(places: Sequence[Place]) -> list[Place]:
    """The places without repetitions of a line"""
    found: dict[tuple[str, int], Place] = {}
    for place in places:
        found.setdefault((place.file, place.line), place)
    return list(found.values())


def ratio_or_none(value: Samples, expected: Array) -> bool:
    """Whether values are a multiple of expected ones"""
    return value.flat.shape == expected.shape and ratio(value.flat, expected) is not None


def is_other_name(node: Node, parameter: str) -> bool:
    """Whether a value was bound to a name that is not the parameter's"""
    bare = parameter.rsplit(".", 1)[-1].split("[")[0]
    return bool(node.names) and not any(bare in name for name in node.names)


def quantity(reading: Reading, id: int, factor: float | None, transposed: bool = False) -> Quantity:
    """The gradient with respect to a forward node, in the user's names"""
    place = reading.stage.node(id).place
    return Quantity(
        kind=Kind.GRADIENT,
        name=expression(reading.stage, id),
        line=None if place is None or place.file == RUN_FILE else place.line,
        factor=factor,
        transposed=transposed,
    )


def name_faults(reading: Reading, faults: Sequence[Fault], sources: Sources | None = None) -> list[Found]:
    """The names of all faults; the same mistake on the same line, or the same one in several places, is one."""
    found: list[Found] = []
    for fault in sorted(faults, key=lambda one: one.bundle[0]):
        one = Naming(reading, fault, sources).name()
        merged = False
        for number, other in enumerate(found):
            same_line = bool({other.place, *other.others} & {one.place, *one.others})
            if other.id == one.id and (same_line or one.id in MERGED):
                parameters = tuple(dict.fromkeys((*other.parameters, *one.parameters)))
                lines = tuple(
                    dict.fromkeys(
                        place for place in (*other.others, one.place, *one.others) if place and place != other.place
                    )
                )
                found[number] = replace_found(other, parameters, lines)
                merged = True
                break
        if not merged:
            found.append(one)
    return found


def naming_places(sources: Sources, node: Node) -> list[Place]:
    """Where a value gets its name from a function that makes it, or from another name: a factor may be missing there"""
    if not node.names or node.place is None:
        return []
    found = [sources.renaming_of(node.names), sources.call_of(node.place.function, node.names)]
    return [one for one in found if one is not None]


def used_outside(bench: EditBench, repair: Repair) -> int:
    """Where the result of a helper function is used first, if the helper is given the wrong array; else the edit."""
    stage, inside = bench.stage, set(bench.within)
    place, old = stage.node(repair.node).place, stage.node(max(repair.old, 0)).place
    if repair.change is not Change.ARRAY or place is None or (old is not None and old.function == place.function):
        return repair.node
    id = repair.node
    while True:
        children = [one for one in stage.program.children[id] if one in inside]
        if len(children) != 1:
            return repair.node
        id = children[0]
        other = stage.node(id).place
        if other is not None and other.function != place.function:
            return id


def name_edit(bench: EditBench, sources: Sources | None = None) -> Found | None:
    """The mistake if one edit of a line makes all steps right; None if none does, or if it has no name."""
    reading, broken = bench.reading, bench.broken
    repair = bench.repair()
    gradient = None if repair is None else gradient_after(bench, repair)
    if repair is None or gradient is None:
        return None
    target, alignment = gradient
    fault = Fault(
        bundle=(used_outside(bench, repair),),
        target=(target,),
        factor=alignment.factor,
        transposed=alignment.transposed,
        mends=tuple(step.before for step in broken),
        settings=tuple(reading.stage.settings),
    )
    naming = Naming(reading, fault, sources)
    found = naming.by(bench, repair)
    return None if found is None else naming.described(*found)


# mistakes that show on several lines: each is one decision of the author
MERGED = frozenset(
    {
        *("output-delta-reused", "missing-hidden-activation-derivative", "missing-output-activation-derivative"),
        *("kernel-not-updated", "bias-gradient-missing", "updated-weights-in-backward", "integer-weights"),
    }
)


def replace_found(found: Found, parameters: tuple[str, ...], others: tuple[Place, ...]) -> Found:
    """A mistake with more parameters and lines"""
    return replace(found, parameters=parameters, others=others)
