"""Pairs of a forward and a backward computation in somebody's file, and lines that call them with random arrays.

Layers (``layers``), functions ``x_forward`` and ``x_backward`` (``functions``), functions that return their derivative
as a function (``returned``), activations and losses with their derivatives (``derivatives``). The plans are made from
the text alone (``calls``); each has several options, tried one after the other in one recorded run, and the names that
the lines bind say which of them worked.
"""
