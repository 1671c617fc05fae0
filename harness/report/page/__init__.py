"""The page of a result, ``report.html``: one file that needs no network, with the answer first."""
