"""One module a command: ``add`` gives the parser its options, ``run`` calls and prints and returns the exit code.

Modules that compute are imported only inside ``run``, so that help and bad arguments answer at once.
"""

# exit codes: fine; a difference, mistake or failure was found; bad input; not judged, or only in part; Ctrl-C
AGREES, DIFFERS, BAD_INPUT, NOT_JUDGED, INTERRUPTED = 0, 1, 2, 3, 130
