"""The versions of parameters that are known so far while the graph grows, and what depends on them."""

from __future__ import annotations

from collections import defaultdict

from .lineage import SCALING, Lineage
from .steps import MAX_PATH
from .tape import Step, Tape
from .versions import Chain, Role

MAX_SEEN = 1_000  # steps between a value and the change of it


class KnownVersions:
    """The versions of parameters that are known so far.

    Args:
        tape: the tape whose steps the versions are.
        lineage: what the steps are made of.
    """

    def __init__(self, tape: Tape, lineage: Lineage) -> None:
        self.tape = tape
        self.lineage = lineage
        self.owner: dict[int, Chain] = {}  # the parameter that each version belongs to
        self.uses: dict[int, set[Role]] = defaultdict(set)  # where versions, and leaves that may become one, went
        # parameters that begin with a sum, which may be that of a residual layer: by their first version, and by bit
        self.sums: dict[int, list[Chain]] = defaultdict(list)
        self._sum_of: dict[int, Chain] = {}
        self._bits_of_sums = 0

    def add_sum(self, chain: Chain) -> None:
        """Note a parameter that begins with a sum."""
        self.sums[chain.first].append(chain)
        self._sum_of[chain.bit] = chain
        self._bits_of_sums |= chain.bit

    def is_sum(self, chain: Chain) -> bool:
        """Whether a parameter begins with a sum."""
        return chain.bit in self._sum_of

    def version_of(self, node: int) -> tuple[int | None, bool]:
        """The version of a parameter that the node is, possibly in another form; None if it cannot be one.

        Returns:
            the version, and whether it was scaled or shifted on the way.
        """
        path, scaled = [node], [False]
        for _ in range(MAX_PATH):
            if path[-1] in self.owner:
                return path[-1], scaled[-1]
            step = self.tape.steps[path[-1]]
            parent = self.lineage.handed_on(step)
            if parent is None:
                break
            path.append(parent)
            is_resting = len(self.lineage.made_of(step)) < len(step.parents)
            scaled.append(scaled[-1] or (step.operation in SCALING and not is_resting))
        if not self.lineage.initial[path[0]]:
            return None, False
        for candidate, is_scaled in zip(path, scaled):
            if self.uses.get(candidate):
                return candidate, is_scaled
        return path[0], False

    def depends(self, change: int, version: int) -> bool:
        """Whether the change depends on the version; a new parameter's must depend on something else as well."""
        reached = self.lineage.masks[change] | self.lineage.control
        chain = self.owner.get(version)
        if chain is not None:  # another part of one update depends on the version before the first part
            # and a step that is one iteration late on the version before that
            versions = (version, chain.closed, *(before for before, _ in chain.groups[-1:]))
            if chain.begins_scaled(version) and chain.bit & reached:
                return True  # on what may be the gradient of a penalty, and not an update
            return any(self.lineage.masks[v] and self.lineage.masks[v] & ~reached == 0 for v in versions)
        own = self.lineage.masks[version]
        if not own or not self.lineage.masks[change] & ~own:
            return False
        sums = reached & self._bits_of_sums
        while own & ~reached and sums:  # the latest first, as each may be made of those before it
            bit = 1 << (sums.bit_length() - 1)
            if not self._sum_of[bit].is_shown:  # x + f(x), which no forward pass has shown to be an update
                reached |= self._sum_of[bit].sum_mask
            sums = reached & self._bits_of_sums & (bit - 1)
        return own & ~reached == 0

    def is_moved_by_branch(self, version: int) -> bool:
        """Whether a branch since the last iteration looked at a sum that a version went into, and at something else.

        A number that is added to it then may be an update, as that of a perceptron's bias is: ``b += rate``.
        """
        chain = self.owner.get(version)
        versions = {version} if chain is None else {version, chain.closed}
        is_added = any(role[2] in ("add", "subtract") for one in versions for role in self.uses.get(one, ()))
        own = [self.lineage.masks[one] for one in versions]
        is_looked_at = any(one and one & ~self.lineage.control == 0 for one in own)
        return is_added and is_looked_at and any(self.lineage.control & ~one for one in own)

    def leads_to(self, step: Step, version: int, operand: int, change: int) -> bool:
        """Whether the change was made of this very value, not only of the same data; assumed if that is long ago.

        A branch may lead to it as well, as in a perceptron, but not to what stays where it is: the targets of a loop
        that ends when an error of theirs is small are subtracted from in each turn.
        """
        used = {role[:3] for role in self.uses.get(operand, ())}
        stays = step.place is not None and (*step.place.site, step.operation) in used
        is_branched = self.lineage.masks[version] & ~self.lineage.control == 0
        return (is_branched and not stays) or self.is_made_of(change, version)

    def is_made_of(self, node: int, version: int) -> bool:
        """Whether a value is a version, or was made of it and not only of what replaces it; assumed if long ago."""
        if node == version:
            return True
        seen, left = {node}, [node]
        while left and len(seen) < MAX_SEEN:
            for parent in self.tape.steps[left.pop()].parents:
                if parent == version:
                    return True
                if parent > version and parent not in seen and parent not in self.owner:  # it depends on its own alone
                    seen.add(parent)
                    left.append(parent)
        return bool(left)
