"""``python -m harness``"""

import sys
from pathlib import Path

# The current folder, which -m puts first, may hold somebody else's ``models``.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from harness.cli.main import main  # noqa: E402

sys.exit(main())
