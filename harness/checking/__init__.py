"""Is the math right? Recorded arithmetic against true gradients.

The path of one verdict:

1. ``check.py`` records the file as it runs (``recording/``), or calls what it only defines. Files of layers alone go
   to ``layers.py``, those of the template to ``template.py``. ``variants.py`` tries what a driven file can do besides.
2. ``verdict.py`` takes the recording. A run that raised (``exceptions.py``, ``raised.py``), overflowed
   (``overflow.py``) or trained nothing ends here. Arrays that are refilled are cut apart (``overwriting.py``,
   ``scattering.py``).
3. ``stage.py`` takes one iteration out of it, a step for each parameter, and repeats it at random settings
   (``replay.py``, ``vjps/``).
4. ``cost.py`` finds the costs that may be meant, and ``matching.py`` reads the iteration under each: how every step is
   made of its true gradient, and what every value is aligned with (``reading.py``, ``alignment.py``,
   ``structure.py``). ``choosing.py`` takes the reading that explains most.
5. ``judging.py`` explains the steps that are left: by one edit of a line (``edits.py``, ``repairs.py``), or by values
   that should be a gradient (``explaining.py``: ``locating.py``, ``repeating.py``), or by factors (``factors.py``).
   ``naming/`` gives each fault its name and lines.
6. ``verdict.gather`` adds what the first gradients do not show: parameters that stay as they are (``unused.py``), and
   what later iterations make of right gradients (``rules.py``, ``updates.py``).
7. ``verdict.conclude`` weighs it: what was not followed leaves no verdict (``doubts.py``).
8. A right file is held against the costs that it states (``stated.py``): ``contradictions.py`` and ``scales.py`` find
   what belongs to another cost, ``alternatives.py`` what another cost would say. ``result.py`` and ``facts.py`` hold
   the answer; ``report/checking.py`` and ``report/mistakes.py`` word it.
"""
