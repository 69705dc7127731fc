"""Running exported modules alone, where fgrad cannot be imported."""

import builtins
import subprocess
import sys

import numpy as np

from fgrad import jit
from fgrad.export import deserialize, export
from fgrad.tree_util import tree_flatten


def _import(name, *args, **kwargs):
    assert name.partition(".")[0] in (
        "numpy",
        "pathlib",
        "scipy",
        *sys.stdlib_module_names,
    )
    return builtins.__import__(name, *args, **kwargs)


def alone(exported, folder):
    """Return the function of an exported module, run where fgrad is blocked."""
    path = exported.save(folder / "exported")
    names = {**vars(builtins), "__import__": _import}
    namespace = {"__builtins__": names, "__file__": str(path), "__name__": "exported"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    assert namespace["__all__"] == [exported.fun_name]
    return namespace[exported.fun_name]


_SCRIPT = """
import sys
sys.modules["fgrad"] = None  # importing it raises
sys.path.insert(0, {folder!r})
import exported
import numpy as np
function = getattr(exported, exported.__all__[0])
given = np.load({folder!r} + "/given.npz")
out = function(*(given[k] for k in given.files))
np.savez({folder!r} + "/out.npz", *(out if isinstance(out, tuple) else (out,)))
"""


def in_another_process(exported, args, folder):
    """Return an exported function's arrays, computed by a new interpreter."""
    exported.save(folder / "exported")
    np.savez(folder / "given.npz", *args)
    script = _SCRIPT.format(folder=str(folder))
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    found = np.load(folder / "out.npz")
    return [found[name] for name in found.files]


def bits(tree):
    """Return types, shapes, dtypes and bytes of all leaves of a tree."""
    return [
        (type(x), np.shape(x), np.asarray(x).dtype, np.asarray(x).tobytes())
        for x in tree_flatten(tree)[0]
    ]


def assert_kept(fun, *args, **kwargs):
    """Assert that a program comes back; return it."""
    exported = export(fun)(*args, **kwargs)
    data = exported.serialize()
    loaded = deserialize(data)
    assert loaded.serialize() == data
    assert loaded.signature == exported.signature
    assert bits(loaded.call(*args, **kwargs)) == bits(jit(fun)(*args, **kwargs))
    return loaded
