"""The search over the repairs of a Keras program.

The likeliest single repair is tried, beside others that are as likely if it only just learns, then all questioned
repairs at once, then more of them (longer, wider, deeper) until the network learns. If what remains after the taking
away only just learns, repairs are added that raise its score clearly: those are not causes, but belong into the edit.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..programs.program import Program
from .case import Case
from .outcomes import Bar, Scores, Share, share_of
from .repair import CERTAIN, Repair
from .repairs import apply_repairs, order_of
from .search import PREFIXES, Keys, OutOfBudget, Progress, Run, Search, Stage
from .training_repairs import epochs_repair
from .trials import (
    REFUSALS,
    Ledger,
    Plan,
    Trial,
    estimated_seconds,
    joined_trials,
    refusal_text,
    run_variant,
    updates_of,
)
from .variants import Variant

CONFIRM_SEEDS = 16
CONFIRM_MORE_SEEDS = 32
FIRST_SEARCH_SEED = 1_000
FIRST_CONFIRM_SEED = 2_000_000
LONGEST_OVER_SHORTEST = 32  # number of epochs that the repair gives over the fewest that are tried in their place
MUCH_LONGER = 4  # times as long as the repair of too few epochs, if that comes near but not near enough
NEARLY = 0.05  # of the way from constant to best: scores that differ by less are as good
MOST_EQUALS = 3  # repairs that are as likely as one which only just learns, and are compared with it
MOST_ALTERNATIVES = 3  # sets that are tried in place of a cause
GOOD_ENOUGH = 0.93  # of the way from constant to the best known score: from there on, nothing is added to a set
PERFECT = 1.0  # score of a perfect prediction
WORTH_ADDING = 0.04  # of the same way by which a repair must raise the score to be added
MOST_TRIED_ADDITIONS = 5  # repairs that are tried beside a set in one round
MOST_ADDITIONS = 2  # rounds
USUAL_ADDITIONS = ("optimizer", "learning-rate", "too-few-epochs", "unscaled-inputs", "unscaled-targets", "hidden-relu")
WAYS_ROUND = ("optimizer", "learning-rate")  # of steps that suit inputs which are not scaled
QUESTIONED = 0.9  # doubt from which a choice is replaced at once with all others
FAR_FROM_PRACTICE = 2.0  # doubt from which a choice is far from practice


ProgramRun = Run[Trial]


@dataclass(kw_only=True)
class ProgramSearch(Search[Trial, Repair]):
    """The search over the repairs of a Keras program."""

    case: Case
    bar: Bar
    plan: Plan
    ledger: Ledger
    progress: Progress | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.user = Variant(program=shortened(self.case, self.plan), head=self.case.head)
        rows = len(self.case.split.folds[0].train)
        # both sides of one cause on fresh seeds: no search may spend what they need
        self.ledger.reserved = 2 * estimated_seconds(self.user, rows, self.plan, CONFIRM_SEEDS)

    def train(self, keys: Keys, stage: Stage, *, optional: bool) -> Trial:
        """Train a set of repairs from the seeds that are new in a stage."""
        confirms = stage is not Stage.SEARCH
        check_clock = functools.partial(self.ledger.check_clock, reserved=confirms)
        check_clock()
        count, first = {
            Stage.SEARCH: (self.plan.search_seeds, FIRST_SEARCH_SEED),
            Stage.CONFIRM: (CONFIRM_SEEDS, FIRST_CONFIRM_SEED),
            Stage.CONFIRM_MORE: (CONFIRM_MORE_SEEDS, FIRST_CONFIRM_SEED + CONFIRM_SEEDS),
        }[stage]
        seeds = [first + self.case.seed * 1000 + number for number in range(count)]
        try:
            variant = apply_repairs(self.user, [self.by_key[key] for key in sorted(keys)])
        except REFUSALS as problem:  # a repair that this network cannot take is a result of the search
            return _failed(self.case, count, refusal_text(problem))
        rows = round(len(self.case.split.folds[0].train) * variant.rows_share)
        seconds = estimated_seconds(variant, rows, self.plan, count)
        self.ledger.spend(seconds, optional=optional, reserved=confirms)
        began = self.ledger.clock.now()
        trial = run_variant(self.case, variant, seeds, plan=self.plan, confirm=confirms, tick=check_clock)
        if keys and not confirms and self.learned(trial).value >= self.enough:  # there is something to confirm
            now = self.ledger.clock.now()
            self.ledger.reserve_time((now - began) * 2 * CONFIRM_SEEDS / count, now)
        return trial

    def say_trained(self, keys: Keys) -> None:
        """Say what was trained, and how many trainings there were."""
        if self.progress is not None:
            self.progress(", ".join(sorted(keys)) or "as it is", self.ledger.trials)

    def joined(self, parts: Sequence[Trial]) -> Trial:
        """One trial of the seeds of several."""
        return joined_trials(parts)

    def learned(self, trial: Trial) -> Share:
        """The share of the seeds that reach the bar."""
        return share_of(self.bar.has_learned(trial.scores.held))

    def in_order(self, keys: Iterable[str]) -> list[str]:
        """Keys, the likeliest cause first."""
        return [repair.key for repair in sorted((self.by_key[key] for key in keys), key=order_of)]

    def questioned(self) -> list[str]:
        """Keys of the repairs whose choice practice questions, the likeliest cause first."""
        return self.in_order(repair.key for repair in self.repairs if repair.doubt >= QUESTIONED)

    def best_rate(self, rates: Sequence[float]) -> tuple[float, bool]:
        """The first rate with which the program scores nearly as well as with the best, and whether it learns with it.

        All rates are trained in one call, each from some of the seeds of the search.
        """
        copies, folds = max(1, self.plan.search_seeds // len(rates)), self.case.split.folds
        seeds = [FIRST_SEARCH_SEED + self.case.seed * 1000 + number for number in range(copies * len(rates))]
        in_a_row = len(folds) if len(folds) > 1 else copies  # seeds are dealt to folds in turn: each gets every rate
        given = np.array([rates[number // in_a_row % len(rates)] for number in range(len(seeds))])
        rows = len(folds[0].train)
        self.ledger.spend(estimated_seconds(self.user, rows, self.plan, len(seeds)), optional=True)
        trial = run_variant(
            self.case, self.user, seeds, plan=self.plan, learning_rates=given.tolist(), tick=self.ledger.check_clock
        )
        if trial.error is not None:
            return rates[0], False
        means = [float(np.mean(trial.scores.held[given == rate])) for rate in rates]  # one bad seed shows
        nearly_best = max(means) - NEARLY * (self.bar.best - self.bar.constant)
        chosen = next(rate for rate, mean in zip(rates, means) if mean >= nearly_best)
        return chosen, max(means) >= self.bar.learned

    def replace_repair(self, repair: Repair) -> None:
        """Put another repair in the place of the one with the same key."""
        self.repairs = [other for other in self.repairs if other.key != repair.key] + [repair]
        self.by_key[repair.key] = repair

    # Repair

    def repair_fully(self) -> Keys | None:
        """A set of repairs with which the program learns: first of all that contradicts the task, because the likeliest
        single repair leaves the others wrong."""
        certain = frozenset(key for key, repair in self.by_key.items() if repair.doubt >= CERTAIN)
        if len(certain) > 1 and self.learns(certain):
            return self.effective(certain)
        return super().repair_fully()

    def chosen_single(self, key: str) -> str:
        """The likeliest repair, which learns, or one that is as doubtful and scores clearly better."""
        run = self.run({key})
        if not self.needs_more(run):
            return key
        doubt = self.by_key[key].doubt
        equals = [other for other in self.questioned() if other != key and self.by_key[other].doubt == doubt]
        tried = [(other, self.affordable(frozenset({other}))) for other in equals[:MOST_EQUALS]]
        top = self.best_known()
        qualities = {other: self.quality(found, top) for other, found in tried if found is not None}
        best = max(qualities, key=lambda other: qualities[other], default=key)
        return best if qualities.get(best, 0.0) >= self.quality(run, top) + NEARLY else key

    def repair_questioned(self) -> Keys | None:
        """The same of the choices that practice questions alone: a network that overfits needs no longer training, and
        no more units."""
        questioned = self.questioned()
        return self.first_prefix(questioned, (*PREFIXES, len(questioned)))

    def full_sets(self, questioned: Sequence[str]) -> list[Keys]:
        """Ever larger sets of repairs: all that are questioned, then longer, wider and deeper."""
        base = frozenset(questioned)
        short = frozenset(key for key in base if not self.is_longer(key))
        stronger = "optimizer" if "optimizer" in self.by_key else "learning-rate"
        more = [key for key in (stronger, "too-few-epochs", "too-narrow", "missing-layer") if key in self.by_key]
        sets = [keys for keys in dict.fromkeys((short, base)) if keys]  # a longer training is tried once it is needed
        if any(key == "too-few-epochs" and self.by_key[key].doubt >= FAR_FROM_PRACTICE for key in base):
            sets.insert(0, frozenset({"too-few-epochs"}))  # but first if the updates are too few for anything
        if stronger in more and stronger not in base:
            sets.append(base | {stronger})
        longer = base | {key for key in (stronger, "too-few-epochs") if key in more}
        sets.append(longer)
        sets.append(longer | set(more))
        scaled = {"unscaled-inputs", "unscaled-targets", "hidden-relu", "batch-size"} & set(self.by_key)
        sets.append(longer | set(more) | scaled)
        if "superfluous-layer" in self.by_key:
            sets.append((longer | scaled | {"superfluous-layer", "too-narrow"}) & set(self.by_key))
        gentle = {key for key in base if self.by_key[key].doubt >= 2}
        if gentle and gentle != base:
            sets.append(frozenset(gentle))
        return list(dict.fromkeys(sets))

    # Take away

    def minimise(self, keys: Keys) -> Keys:
        """A 1-minimal part of a set with which the program learns, as mild as it can be."""
        return self.milder(super().minimise(keys))

    def milder(self, keys: Keys) -> Keys:
        """The set, or what is preferred to it and enough: each preference is asked of what the one before it left."""
        for preferred in (self._weaker, self._meant, self._plainer, self._shorter):
            keys = next((chosen for chosen in preferred(keys) if self.suffices(chosen)), keys)
        return keys

    def _weaker(self, keys: Keys) -> Iterator[Keys]:
        """The set with the optimizer's own learning rate repaired instead of the optimizer.

        An optimizer that is far from practice, or weak, is to blame itself.
        """
        if "optimizer" in keys and "learning-rate" in self.by_key:
            rate, optimizer = self.by_key["learning-rate"], self.by_key["optimizer"]
            if rate.doubt >= (QUESTIONED if optimizer.doubt <= 1 else optimizer.doubt):
                yield keys - {"optimizer"} | {"learning-rate"}

    def _meant(self, keys: Keys) -> Iterator[Keys]:
        """Scaled inputs in the place of another optimizer or rate, if inputs are far from any scale.

        Steps that suit the inputs are a way round what is wrong with these. Scaling alone may not be enough in as many
        updates: one of the milder repairs may come with it, unless that is enough alone.
        """
        scaling = self.by_key.get("unscaled-inputs")
        around = next((self.by_key[key] for key in keys if len(keys) == 1 and key in WAYS_ROUND), None)
        if scaling is None or around is None or scaling.doubt < FAR_FROM_PRACTICE or scaling.doubt <= around.doubt:
            return
        yield frozenset({scaling.key})
        for beside in ("learning-rate", "too-few-epochs"):
            meant = frozenset({scaling.key, beside})
            if beside in keys or not meant <= set(self.by_key):
                continue
            if self.suffices(meant) and self.suffices(frozenset({beside})):
                return
            yield meant

    def _plainer(self, keys: Keys) -> Iterator[Keys]:
        """A longer training in the place of another rate or other layers, or larger steps in the place of other layers.

        A usual rate, and layers that are not far from practice, are not to blame for a training that is too short.
        """
        repairs = [self.by_key[key] for key in keys]
        of_layers = all(repair.block == "layers" and repair.doubt < FAR_FROM_PRACTICE for repair in repairs)
        of_usual_rate = all(repair.key == "learning-rate" and repair.doubt <= QUESTIONED for repair in repairs)
        plainer = ["too-few-epochs"] * (of_layers or of_usual_rate) + ["learning-rate"] * of_layers
        yield from (frozenset({key}) for key in plainer if key in self.by_key)

    def _shorter(self, keys: Keys) -> Iterator[Keys]:
        """The set with fewer epochs than the repair gives, in a few doubling steps."""
        if "too-few-epochs" not in keys:
            return
        change = self.by_key["too-few-epochs"].changes[0]
        most = int(change.new or 1) // max(1, int(change.old or 1))
        factor = 2 ** max(1, (most // LONGEST_OVER_SHORTEST).bit_length())
        while factor < most:
            yield keys - {"too-few-epochs"} | {self.longer_by(factor)}
            factor *= 2

    def longer_by(self, factor: int) -> str:
        """The key of a training that is so many times as long as the program's own."""
        key = f"too-few-epochs:{factor}"
        doubt = self.by_key["too-few-epochs"].doubt
        self.by_key[key] = epochs_repair(self.case.program, factor, doubt, key=key)
        return key

    def is_longer(self, key: str) -> bool:
        """Whether a repair only trains for longer."""
        return self.by_key[key].block == "epochs"

    def much_longer(self) -> list[str]:
        """The key of a training much longer than the repair of its length; none if the plan has no room for it."""
        known = self.by_key.get("too-few-epochs")
        if known is None:
            return []
        change = known.changes[0]
        factor = MUCH_LONGER * (int(change.new or 1) // max(1, int(change.old or 1)))
        rows = len(self.case.split.folds[0].train)
        has_room = factor * updates_of(self.case.program, rows) <= self.plan.most_updates
        return [self.longer_by(factor)] if has_room else []

    # Alternatives

    def alternatives(self, keys: Keys) -> list[tuple[str, str]]:
        """Repairs that do in place of a cause: pairs of the cause's key and the other's."""
        found: list[tuple[str, str]] = []
        tried = 0
        named = {self.by_key[key].fault for key in keys}
        for cause in self.in_order(keys):
            if self.by_key[cause].doubt >= CERTAIN:
                continue
            rest = keys - {cause}
            for repair in sorted(self.repairs, key=order_of):
                if tried >= MOST_ALTERNATIVES:
                    return found
                usual = ("learning-rate", "optimizer", "too-few-epochs", "unscaled-inputs", "unscaled-targets")
                if repair.fault in named or (repair.doubt < QUESTIONED and repair.key not in usual):
                    continue
                tried += 1
                if self.learns(rest | {repair.key}, optional=True):
                    found.append((cause, repair.key))
        return found

    # Improve

    def affordable(self, keys: Keys) -> ProgramRun | None:
        """The run of a set; None if the budget has no room for it. A cheaper set may still have room."""
        try:
            return self.run(keys, optional=True)
        except OutOfBudget:
            return None

    def suffices(self, keys: Keys) -> bool:
        """Whether a set makes it learn from enough seeds, as far as the budget has room to find out."""
        run = self.affordable(keys)
        return run is not None and self.learned(run.trial).value >= self.enough

    def quality(self, run: ProgramRun, top: float) -> float:
        """How far the seeds of a run come on the way from the constant prediction to ``top``, on average.

        A mean, so that one bad seed shows; seeds count from 0 to 1.
        """
        way = top - self.bar.constant
        if way <= 0:
            return 0.0
        return float(np.mean(np.clip((run.trial.scores.held - self.bar.constant) / way, 0.0, 1.0)))

    def best_known(self) -> float:
        """The best score that the references or a training of the search reach."""
        medians = [run.median for run in self.runs.values() if run.stage is Stage.SEARCH]
        return max([self.bar.best, *medians])

    def beside(self, keys: Keys, key: str) -> Keys:
        """The set with one more repair, in place of those that it cannot be made beside."""
        block = self.by_key[key].block
        rivals = {other for other in keys if block in ("epochs", "rate", "optimizer") and self.rivals(other, key)}
        return self.effective(keys - rivals | {key})

    def rivals(self, one: str, other: str) -> bool:
        """Whether two repairs set the same thing."""
        kinds = [{(change.kind, change.layer) for change in self.by_key[key].changes} for key in (one, other)]
        return bool(kinds[0] & kinds[1])

    def additions(self, keys: Keys) -> list[str]:
        """Repairs that may raise the score of a set that learns, the likeliest first."""
        ordered = self.in_order(repair.key for repair in self.repairs)
        wanted = [key for key in ordered if self.by_key[key].doubt >= QUESTIONED]
        usual = [key for key in USUAL_ADDITIONS if key in self.by_key]
        left = [key for key in dict.fromkeys([*wanted, *usual]) if key not in keys]
        if "optimizer" in left:
            left = [key for key in left if key not in self.by_key["optimizer"].replaces]
        return [key for key in left if self.beside(keys, key) != keys]

    def improved(self, keys: Keys) -> Keys:
        """A set that learns, with repairs added as long as one of them raises its score clearly.

        Nothing is added to a set that is good enough. The budget may end this: the set is then as good as it is.
        """
        best = self.run(keys)
        everything = self.everything_beside(keys)
        is_open = not self.case.references.apt and self.quality(best, PERFECT) < GOOD_ENOUGH
        if everything != keys and (is_open or self.needs_more(best)):  # references say little about images and texts
            self.affordable(everything)
        for _ in range(MOST_ADDITIONS):
            if not self.needs_more(best):
                break
            keys_tried = self.additions(best.repairs)[:MOST_TRIED_ADDITIONS]
            runs = [self.affordable(self.beside(best.repairs, key)) for key in keys_tried]
            tried = [best, *(run for run in runs if run is not None)]
            top = self.best_known()
            better = max(tried, key=lambda run: self.quality(run, top))
            if self.quality(better, top) < self.quality(best, top) + WORTH_ADDING:
                break
            best = better
        return self.pruned(best)

    def needs_more(self, run: ProgramRun) -> bool:
        """Whether a set is far enough from the best known score to look for more."""
        return self.quality(run, self.best_known()) < GOOD_ENOUGH

    def everything_beside(self, keys: Keys) -> Keys:
        """A set with all that practice questions, and the usual optimizer, beside it."""
        wanted = [key for key in self.additions(keys) if self.by_key[key].doubt >= QUESTIONED]
        wanted += [key for key in ("optimizer", "learning-rate") if key in self.by_key][:1]
        for key in wanted:
            keys = self.beside(keys, key)
        return keys

    def pruned(self, best: ProgramRun) -> Keys:
        """The set, or the one with everything beside it if that is still clearly better, as small as it can be."""
        top = self.best_known()
        whole = self.runs.get((self.everything_beside(best.repairs), Stage.SEARCH))
        if whole is None or self.quality(whole, top) < self.quality(best, top) + 2 * WORTH_ADDING:
            return best.repairs
        kept = whole
        for key in reversed(self.in_order(whole.repairs - best.repairs)):
            smaller = self.affordable(kept.repairs - {key})
            if smaller is not None and self.quality(smaller, top) > self.quality(kept, top) - WORTH_ADDING / 2:
                kept = smaller
        return kept.repairs


def shortened(case: Case, plan: Plan) -> Program:
    """The program, its training cut to what the budget allows."""
    program = case.program
    if plan.prefix_updates is None:
        return program
    return dataclasses.replace(program, steps_per_epoch=plan.prefix_updates, epochs=program.initial_epoch + 1)


def _failed(case: Case, count: int, error: str) -> Trial:
    """A trial that could not be made."""
    nothing = np.full(count, case.references.constant)
    return Trial(
        scores=Scores(held=nothing, training=nothing, diverged=np.zeros(count, dtype=bool)),
        auc=None,
        updates=0,
        error=error,
    )
