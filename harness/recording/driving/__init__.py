"""Driving: makes a file that only defines functions or classes train its network.

``drive`` is called in the child process after the user's file was executed *without* recording and no parameter was
updated. It tries calls, most likely first, and returns the lines that worked. The recorded run then executes the file
once more and after it these lines, as for ``run=``:

    driven = drive(namespace, source, seed=seed)
    namespace.update(driven.data)        # X, Y, labels: give them the kind ARGUMENT
    exec(compile("\\n".join(driven.lines), "<run>", "exec"), namespace)

The steps, each in a module of its own:

1. What is defined: ``loaded`` (the file and those it imports), ``source`` (functions and classes, from the text) with
   ``updates`` (statements that step a parameter) and ``returns`` (the names of results), ``usage`` and ``examples``
   (how the project uses them).
2. What role each argument plays: ``roles``, from its name, default, annotation and ``uses``, which
   ``argument_uses`` collects from all functions that are given it, and from the other arguments: ``placing``.
   ``suggestions``: the data.
3. What to call: ``goals``, most likely first.
4. What each argument is given: ``calling`` asks by role, and the options come from ``given`` (sizes, data),
   ``functions`` (activations, losses, optimizers), ``objects`` with ``containers`` and ``records`` (instances, lists
   of layers, settings, samples), ``making`` with ``results`` (what another call returns) and ``weights`` (by hand).
   ``probing`` calls something with probes in the place of arguments, to see what it does with them: a constructor
   whose text says nothing of them, and through ``failing`` the calls of an attempt that failed.
   ``preparing`` calls first what a method needs: what sets the attributes that it, or a layer, reads, and the passes.
5. The calls are tried in order: ``drive``, with ``pursuing`` for one goal, one ``session`` an attempt, ``choices`` as a
   best-first search, and ``blame`` for what a failure says.
6. What is accepted, and why: ``watching`` sees updates and shapes that fit by accident, ``acceptance`` asks whether
   the calls are meant so, and ``verifying`` runs the lines once more on their own, with the same targets and with
   others, which have to lead to other weights. ``losses`` adds a call of the file's own cost if they leave it out.

``pairs`` is a package apart: it calls single layers, activations and losses with random arrays. If some of a file
cannot be called so, ``in_networks`` asks for the scripts and networks of the project that use it.

The lines use only the file's own names and those in ``data`` (and ``np``, which is in ``data`` too). They end with
updates of the parameters. If the file returns gradients and applies them nowhere, ``gradients`` pairs expressions
(parameter, gradient) that can be evaluated in the namespace after the lines; the lines then apply them in a step of
their own, so that the parameters have updates, and ``applied_by_driver`` is set.

If the file itself raises (a missing data file, a main block that fails), what it defined until then is driven; run the
lines all the same, because they were found in that state.

If nothing works, ``lines`` are those of the attempt that came furthest and ``error`` says how it ended: running them
raises the same exception again; ``proposing`` names the calls that the user is asked to fill in. ``certain`` says
whether the exception is the file's own mistake (such as a NameError) and not one of wrong arguments.
"""
