"""Which arrays the forward and the backward pass of a layer take, and which gradients the backward pass returns."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..returns import UNNAMED
from ..roles import CACHE_NAME, INPUT_NAME, UPSTREAM_NAME, Role, words_of
from ..source import Argument, FunctionFacts
from .arrays import ATTENTION_LAYER, STATE, STATES, TOKENS
from .calls import RATE, StaticCalls

SETTINGS = (Role.RATE, Role.FLAG, Role.QUIET, Role.CHOICE, Role.EPOCHS, Role.OBSERVATIONS)
NUMBERS = (Role.COUNT, Role.BATCH_SIZE, Role.KEEP, Role.MOMENTUM, Role.NUMBER, Role.STEP_COUNT, Role.DECAY)
ATTENDED = re.compile(r"^_?(q|k|v|query|key|value|queries|keys|values)$", re.IGNORECASE)
TELLING = re.compile(r"diff|grad|delta|err|^d[a-zA-Z]?_?")
MAX_OUTPUTS = 2


@dataclass(frozen=True)
class Passes:
    """The two passes of one layer."""

    calls: StaticCalls  # of its file
    # forward, backward: its methods
    forward: FunctionFacts
    backward: FunctionFacts

    def _arrays(self, method: FunctionFacts) -> list[Argument]:
        return [one for one in method.required if self.calls.role(method, one) not in (*SETTINGS, *NUMBERS)]

    @functools.cached_property
    def others(self) -> tuple[str, ...]:
        """The names of the arrays that the forward pass is given beside its input."""
        return tuple(one.name for one in self._arrays(self.forward)[1:])

    @property
    def are_known(self) -> bool:
        """Whether all of them are states, or what an attention compares, and the backward pass has their gradients."""
        if not self.others:
            return len(self._arrays(self.backward)) <= 2 or bool(self.pattern)
        return (self.has_states or self.attends) and len(self.places) > len(self.others) and bool(self.pattern)

    @property
    def has_states(self) -> bool:
        """Whether all of the other arrays are the states before, of a recurrent cell."""
        return bool(self.others) and all(map(STATE.match, self.others))

    @property
    def attends(self) -> bool:
        """Whether all of the other arrays are what an attention compares its queries with."""
        is_attention = ATTENTION_LAYER.search(self.forward.owner) is not None
        return bool(self.others) and (is_attention or all(map(ATTENDED.match, self.others)))

    def inputs(self, usual: Sequence[str]) -> tuple[str, ...]:
        """The arrays to try as the input; ``usual``: those of a layer of this name."""
        if self.has_states:
            return tuple(STATES)
        return TOKENS if self.attends else tuple(usual)

    def values(self, data: str) -> dict[str, str]:
        """The values of the other arrays, by name, if this is the input."""
        text = STATES.get(data, data) if self.has_states else f"{data}[::-1]"
        return dict.fromkeys(self.others, f"{text} + 0.0")

    @functools.cached_property
    def places(self) -> dict[str, int]:
        """The places of the gradients of the arrays among what the backward pass returns."""
        names = [one.name for one in self._arrays(self.forward)]
        return places_of(self.backward.returns, names)

    @functools.cached_property
    def outputs(self) -> tuple[int, ...]:
        """The places of the outputs among several values that the forward pass returns: one for each gradient."""
        returns = self.forward.returns
        if len(returns) < 2:
            return ()
        usable = [index for index, name in enumerate(returns) if not self._is_kept(name)]
        above = [without_mark(one.name) for one in self.above]
        named = [next((i for i in usable if set(words_of(returns[i])) == words), -1) for words in above]
        if above and -1 not in named and len(set(named)) == len(named):
            return tuple(named)
        return tuple(usable[: max(len(above), 1)])

    def _is_kept(self, name: str) -> bool:
        """Whether what the forward pass returns by a name is only for the backward pass."""
        has_cache = any(self.calls.role(self.backward, one) is Role.CACHE for one in self.backward.required)
        return has_cache and CACHE_NAME.match(name) is not None and name == self.forward.returns[-1]

    @staticmethod
    def is_telling(argument: Argument) -> bool:
        """Whether the name of an argument says that it is a gradient."""
        return bool(UPSTREAM_NAME.match(argument.name) or TELLING.search(argument.name))

    @functools.cached_property
    def above(self) -> list[Argument]:
        """The gradients from above that the backward pass is given."""
        given = {*(one.name for one in self.forward.arguments), *self.forward.returns}
        arrays = [one for one in self._arrays(self.backward) if self.calls.role(self.backward, one) is not Role.CACHE]
        telling = [one for one in arrays if self.is_telling(one) and one.name not in given]
        return (telling or arrays[:1])[:MAX_OUTPUTS]

    @functools.cached_property
    def pattern(self) -> str:
        """The arguments of the backward call, "{k}" standing for the option; "" if one of them is not known."""
        returns, above = self.forward.returns, [one.name for one in self.above]
        several = len(self.outputs) > 1
        if len(above) > max(len(self.outputs), 1):
            return ""
        texts = {name: f"upstream{{k}}{place if several else ''}" for place, name in enumerate(above)}
        texts |= {one.name: "input{k}" for one in self._arrays(self.forward)[:1]}
        texts |= {name: f"given{{k}}{place}" for place, name in enumerate(self.others)}
        if len(returns) > 1:
            texts |= {name: f"result{{k}}[{place}]" for place, name in enumerate(returns) if name not in texts}
        else:
            texts |= dict.fromkeys(set(returns) - set(texts), "output{k}")
        parts = []
        for one in self.backward.required:
            role = self.calls.role(self.backward, one)
            if one.name in texts:
                parts.append(texts[one.name])
            elif role is Role.CACHE and len(returns) > 1:
                parts.append(f"result{{k}}[{len(returns) - 1}]")
            elif role in SETTINGS:
                parts.append(str(RATE) if role is Role.RATE else "True")
            elif INPUT_NAME.match(one.name) or (role is Role.INPUTS and "input{k}" not in parts and self.others):
                parts.append("input{k}")  # the state of the layer below, beside that of the step before
            elif STATE.match(one.name) and len(returns) == 1:
                parts.append("output{k}")
            else:
                return ""
        return ", ".join(parts)


def joined_outputs(key: str, outputs: Sequence[str]) -> list[str]:
    """The lines that bind an output and the gradient from above, which has a part for each of several outputs.

    Args:
        key: of the option.
        outputs: their expressions, one or two.
    """
    output, above = f"output{key}", f"upstream{key}"
    drawn = f"{above} = np.random.normal(size=np.shape({output}))"
    if len(outputs) == 1:
        return [f"{output} = {outputs[0]}", drawn]
    first = f"np.size({output}0)"
    return [
        *(f"{output}{place} = {text}" for place, text in enumerate(outputs)),
        f"{output} = np.concatenate([np.ravel({output}0), np.ravel({output}1)])",
        drawn,
        f"{above}0 = {above}[:{first}].reshape(np.shape({output}0))",
        f"{above}1 = {above}[{first}:].reshape(np.shape({output}1))",
    ]


def without_mark(name: str) -> set[str]:
    """The words of a name without what marks a gradient: those of ``dprev_h`` and ``grad_h_prev`` are prev and h."""
    return set(words_of(re.sub(r"^_?(grad|delta|d)_?(?=[a-zA-Z])", "", name)))


def places_of(returns: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """The place of the gradient of each array among what a backward pass returns: by its name, or else by its place.

    Args:
        returns: the names of what it returns.
        names: of the arrays.
    """
    words = [without_mark(one) for one in returns]
    found = {name: words.index(set(words_of(name))) for name in names if set(words_of(name)) in words}
    if len(returns) == len(names):
        if not found and _are_numbered(returns):
            return {name: place for place, name in enumerate(names)}
        for place, (name, returned) in enumerate(zip(names, returns)):
            alike = UNNAMED.fullmatch(returned) or bool(words[place] & set(words_of(name)))
            if name not in found and place not in found.values() and alike:
                found[name] = place
    return found


def _are_numbered(names: Sequence[str]) -> bool:
    """Whether several names differ in their numbers alone, and are in order: ``d_input1`` and ``d_input2``."""
    parts = [re.fullmatch(r"(.+?)_?(\d+)", one) for one in names]
    found = [(one[1], int(one[2])) for one in parts if one is not None]
    return len(found) == len(names) > 1 and found == [(found[0][0], found[0][1] + place) for place in range(len(found))]
