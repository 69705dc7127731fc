"""The options of fgrad that change how it runs, not what it computes."""

from __future__ import annotations

from typing import Any


class Config:
    """The options, each an attribute; ``touched`` says whether any was ever set."""

    log_compiles: bool
    explain_cache_misses: bool
    touched: bool

    def __init__(self) -> None:
        self.log_compiles = False
        self.explain_cache_misses = False
        self.touched = False

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__("touched", name != "touched" or value)
        super().__setattr__(name, value)


config = Config()
