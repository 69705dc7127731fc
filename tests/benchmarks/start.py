"""What a program waits for before it computes: import, first gradient, compilation."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import fgrad

from .peers import Library, library, runners
from .timing import Runner
from .workload import Workload

IMPORTS = {
    "fgrad": "import numpy as np, fgrad",
    "jax": "import jax; np = jax.numpy",
    "autograd": "import autograd.numpy as np, autograd",
    "torch": "import torch",
}
STOPWATCH = "import time; start = time.perf_counter()"
LOSS = """
def loss(w1, w2, x):
    return np.mean((np.tanh(x @ w1) @ w2) ** 2)
args = np.ones((64, 32)) / 64, np.ones((32, 10)) / 32, np.ones((32, 64))
"""
FIRST = {
    "fgrad": "fgrad.jit(fgrad.grad(loss, (0, 1)))(*args)",
    "jax": "jax.block_until_ready(jax.jit(jax.grad(loss, (0, 1)))(*args))",
    "autograd": "autograd.grad(loss, (0, 1))(*args)",
}


def fresh_process(*lines: str) -> float:
    """Return the milliseconds that lines take in a process of their own."""
    report = "print((time.perf_counter() - start) * 1e3)"
    source = "\n".join([STOPWATCH, *lines, report])
    path = [str(Path(fgrad.__path__[0]).parent), os.environ.get("PYTHONPATH", "")]
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)  # the warm-ups compile the modules
    run = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        check=True,
        text=True,
        env=settings,
    )
    return float(run.stdout)


def imports() -> dict[str, Runner]:
    """Milliseconds of an import in a fresh process."""
    found = {"numpy": lambda: fresh_process("import numpy")}
    for name, line in IMPORTS.items():
        if library(name) is not None:
            found[name] = lambda line=line: fresh_process(line)
    return found


def first_gradient() -> dict[str, Runner]:
    """Milliseconds of import and the first (compiled) gradient of a small network."""
    return {
        name: lambda lines=(IMPORTS[name], LOSS, call): fresh_process(*lines)
        for name, call in FIRST.items()
        if library(name) is not None
    }


# -- trace and compile ---------------------------------------------------------------

NEW = itertools.count(1)


def compilation(ops: int) -> dict[str, Runner]:
    """Microseconds of the first call of ``jit(grad(f))``, a gradient of so many ops."""

    def first_call(lib: Library) -> float:
        np, factor = lib.np, 1 - 1e-6 * next(NEW)  # no cache knows the function

        def loss(x: Any) -> Any:
            for _ in range(ops // 5):
                x = np.sin(x) * factor  # two forward; a cosine and two products back
            return np.sum(x)

        x = lib.put(np.ones(3))
        start = time.perf_counter()
        lib.wait(lib.jit(lib.grad(loss))(x))
        return (time.perf_counter() - start) * 1e6

    found = {}
    for name in ("fgrad", "jax"):
        if (lib := library(name)) is not None:
            found[name] = lambda lib=lib: first_call(lib)
    return found


# -- a jitted call -------------------------------------------------------------------


def call(n: int) -> dict[str, Runner]:
    """A call of a jitted sum, and the same sum without ``jit``."""

    def add(a: Any, b: Any) -> Any:
        return a + b

    x = library("fgrad").np.ones(n)
    return runners(lambda lib: lib.jit(add), (x, x), ("jax",), hand=add)


# -- bytes on disk -------------------------------------------------------------------


def requirements(name: str) -> Iterator[str]:
    """Yield the installed distributions that one needs, itself included."""
    seen, queue = {"numpy"}, [name]
    while queue:
        name = re.split(r"[^\w.-]", queue.pop())[0].lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # for another system, or optional
        yield name
        queue += [need for need in needs if "extra ==" not in need]


def megabytes(paths: Any) -> float:
    """Return the size of files, without bytecode."""
    files = (Path(path) for path in paths)
    sizes = (f.stat().st_size for f in files if f.suffix != ".pyc" and f.is_file())
    return sum(sizes) / 1e6


def files_of(name: str) -> list[Any]:
    """Return the installed files of a distribution."""
    if name == "fgrad":  # may be installed as a link to its sources
        return list(Path(fgrad.__path__[0]).rglob("*.py"))
    return [file.locate() for file in metadata.files(name) or []]


def installed() -> dict[str, Runner]:
    """Megabytes that a library adds to an environment that has NumPy."""

    def total(name: str) -> float:
        return sum(megabytes(files_of(part)) for part in requirements(name))

    def size(name: str) -> Callable[[], float]:
        found = total(name)
        return lambda: found

    return {name: size(name) for name in IMPORTS if library(name) is not None}


def sampled(name: str, build: Any, unit: str, **options: Any) -> Workload:
    return Workload(name, build, kind="start", sampled=True, unit=unit, **options)


WORKLOADS = [
    Workload("call", call, {"n": 3}, kind="latency"),
    sampled("import", imports, "ms", rounds=5),
    sampled("first-gradient", first_gradient, "ms", rounds=5),
    *(
        sampled(
            f"compile-{ops}",
            compilation,
            "us per op",
            size={"ops": ops},
            tiny={"ops": 10},
            per=ops,
            rounds=rounds,
        )
        for ops, rounds in ((100, 15), (1000, 5), (10_000, 1))
    ),
    sampled("installed", installed, "MB", rounds=1),
]
