"""Exported modules read back."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from ..core import short_errors


@short_errors
def load(path: str | Path) -> Callable[..., Any]:
    """Return the function of an exported module; this runs the file, as import does.

    The suffix ``.py`` may be left away. To read programs from others without running
    anything, see `fgrad.export.deserialize`.

    >>> import numpy as np, tempfile
    >>> from fgrad.export import export
    >>> path = export(np.sin)(1.0).save(Path(tempfile.mkdtemp()) / "wave")
    >>> path.name, load(path)(0.0)
    ('wave.py', np.float64(0.0))
    """
    path = Path(path)
    path = path if path.suffix == ".py" else path.with_name(f"{path.name}.py")
    if not path.exists():
        raise FileNotFoundError(
            f"load: there is no file {path}: save it with fgrad.export.export(f)(*args)"
            ".save(path)"
        )
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    names: list[str] = getattr(module, "__all__", [])
    if len(names) != 1:
        raise ValueError(
            f"load: {path} is no exported module: its __all__ must have the one name "
            f"of the function, got {names}"
        )
    return getattr(module, names[0])
