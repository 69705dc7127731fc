"""The libraries that are compared, each behind the same few names."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from .timing import Runner

Function = Callable[..., Any]


def unjitted(fun: Function, **options: Any) -> Function:
    """Return the function: what ``jit`` is where nothing compiles."""
    return fun


def keep(value: Any) -> Any:
    """Return the value: arguments that need no conversion, results that are there."""
    return value


def python_scan(fun: Function, init: Any, xs: Any) -> tuple[Any, None]:
    """Carry a value along the leading axis in a Python loop."""
    for x in xs:
        init, _ = fun(init, x)
    return init, None


@dataclass(frozen=True)
class Library:
    """What a workload may use of a library; ``np`` is its NumPy."""

    np: Any
    grad: Function
    value_and_grad: Function
    jit: Function = unjitted
    vmap: Function | None = None
    hessian: Function | None = None
    hvp: Function | None = None
    lax: Any = field(default_factory=lambda: SimpleNamespace(scan=python_scan))
    put: Function = keep  # an argument in the library's own memory, before timing
    wait: Function = keep  # returns when a result is there

    def runner(self, program: Callable[[Library], Function], args: Any) -> Runner:
        """Return the call that is timed: the program of a workload on its arguments."""
        fun, wait = program(self), self.wait
        args = tuple(map(self.put, args))
        if wait is keep:
            return lambda: fun(*args)
        return lambda: wait(fun(*args))


def _fgrad() -> Library:
    import fgrad

    return Library(
        np=np,
        grad=fgrad.grad,
        value_and_grad=fgrad.value_and_grad,
        jit=fgrad.jit,
        vmap=fgrad.vmap,
        hessian=fgrad.hessian,
        hvp=fgrad.hvp,
        lax=fgrad.lax,
    )


def _jax() -> Library:
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)

    def wait(result: Any) -> Any:  # ``jax.block_until_ready`` takes microseconds more
        if isinstance(result, tuple):
            for part in result:
                wait(part)
        else:
            result.block_until_ready()
        return result

    def hvp(fun: Function, primals: Any, tangents: Any) -> Any:
        return jax.jvp(jax.grad(fun), primals, tangents)[1]

    return Library(
        np=jax.numpy,
        grad=jax.grad,
        value_and_grad=jax.value_and_grad,
        jit=jax.jit,
        vmap=jax.vmap,
        hessian=jax.hessian,
        hvp=hvp,
        lax=jax.lax,
        put=jax.numpy.asarray,
        wait=wait,
    )


def _autograd() -> Library:
    autograd = import_module("autograd")

    def hvp(fun: Function, primals: Any, tangents: Any) -> Any:
        return autograd.hessian_vector_product(fun)(*primals, *tangents)

    return Library(
        np=import_module("autograd.numpy"),
        grad=autograd.grad,
        value_and_grad=autograd.value_and_grad,
        hessian=autograd.hessian,
        hvp=hvp,
    )


def _torch() -> Library:
    torch = import_module("torch")
    if os.environ.get("OMP_NUM_THREADS") == "1":
        torch.set_num_threads(1)

    def value_and_grad(fun: Function, argnums: int | tuple[int, ...] = 0) -> Function:
        several = isinstance(argnums, tuple)
        places = argnums if several else (argnums,)

        def run(*args: Any) -> Any:
            inputs = [args[i].requires_grad_(True) for i in places]
            value = fun(*args)
            found = torch.autograd.grad(value, inputs)
            return value.detach(), found if several else found[0]

        return run

    def grad(fun: Function, argnums: int | tuple[int, ...] = 0) -> Function:
        both = value_and_grad(fun, argnums)
        return lambda *args: both(*args)[1]

    names = ("sin", "tanh", "log", "exp", "sum", "mean", "dot")
    return Library(
        np=SimpleNamespace(max=torch.amax, **{n: getattr(torch, n) for n in names}),
        grad=grad,
        value_and_grad=value_and_grad,
        put=lambda value: torch.tensor(np.asarray(value)),  # a float is float64
    )


LOADERS = {"fgrad": _fgrad, "jax": _jax, "autograd": _autograd, "torch": _torch}


@cache
def library(name: str) -> Library | None:
    """Return a library, or None, once with a line that says so."""
    try:
        return LOADERS[name]()
    except ImportError:
        print(f"{name} is not installed: skipped", flush=True)
        return None


def runners(
    program: Callable[[Library], Function],
    args: tuple[Any, ...],
    libraries: tuple[str, ...] = ("jax", "autograd"),
    hand: Function | None = None,
    hand_out: Function | None = None,
) -> dict[str, Runner]:
    """Return the call of each peer: a program in each library, and those by hand.

    ``hand`` takes the arguments and allocates as it goes. ``hand_out`` takes them
    once, allocates its buffers, and returns the function that is timed.
    """
    found = {}
    for name in ("fgrad", *libraries):
        if (lib := library(name)) is not None:
            found[name] = lib.runner(program, args)
    if hand is not None:
        found["hand"] = lambda: hand(*args)
    if hand_out is not None:
        run = hand_out(*args)
        found["hand-out"] = lambda: run(*args)
    return found


def eager(
    program: Callable[[Library], Function],
    args: tuple[Any, ...],
    libraries: tuple[str, ...] = ("autograd", "jax", "torch"),
) -> dict[str, Runner]:
    """Return the call of each library with nothing compiled."""

    def without_jit(lib: Library) -> Function:
        return program(replace(lib, jit=unjitted))

    return runners(without_jit, args, libraries)


def fresh(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return new memory: what a program by hand is given that allocates."""
    return np.empty(shape)


class Buffers(dict):
    """Called as ``fresh`` is; the memory of a name is the same every time."""

    def __call__(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name not in self:
            self[name] = np.empty(shape)
        return self[name]
