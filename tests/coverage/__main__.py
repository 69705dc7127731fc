"""Write docs/coverage.md."""

from pathlib import Path

from . import page

Path("docs/coverage.md").write_text(page())
