"""The name of a fault: the named difference between the recorded step and the one that it should be.

``case.py`` holds a fault and what it may be compared with. Each other module has the mistakes of one place: what the
value is made of (``operands.py``), one change that makes it right (``changes.py``, ``arrays.py``), the output
(``outputs.py``), a pre-activation (``deltas.py``, ``derivatives.py``), an activation (``activations.py``), a parameter
(``parameters.py``), a network of numbers (``scalars.py``). A mistake is one function of a case, listed in the
``TESTS`` of its module. ``names.py`` asks the modules in order and makes one of mistakes that belong together.
"""
