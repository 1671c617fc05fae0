"""Driving: makes a file that only defines functions or classes train its network.

``drive`` is called in the child process after the user's file was executed *without* recording and no parameter was
updated. It tries calls, most likely first, and returns the lines that worked. The recorded run then executes the file
once more and after it these lines, as for ``run=``:

    driven = drive(namespace, source, seed=seed)
    namespace.update(driven.data)        # X, Y, labels: give them the kind ARGUMENT
    exec(compile("\\n".join(driven.lines), "<run>", "exec"), namespace)

The lines use only the file's own names and those in ``data`` (and ``np``, which is in ``data`` too). They end with
updates of the parameters. Where the file returns gradients and applies them nowhere, ``gradients`` pairs expressions
(parameter, gradient) that can be evaluated in the namespace after the lines; the lines then apply them in a step of
their own, so that the parameters have updates, and ``applied_by_driver`` is set.

If the file itself raises (a missing data file, a main block that fails), what it defined until then is driven; run the
lines all the same, because they were found in that state.

If nothing works, ``lines`` are those of the attempt that came furthest and ``error`` says how it ended: running them
raises the same exception again. ``certain`` says whether the exception is the file's own mistake (such as a NameError)
and not one of wrong arguments.
"""

from .drive import drive
from .result import Attempt, Driven, Pair

__all__ = ["Attempt", "Driven", "Pair", "drive"]
