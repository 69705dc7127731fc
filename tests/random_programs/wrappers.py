"""What is done to a random program: derivatives and maps, as source that defines f."""

from __future__ import annotations

import numpy as np


def floats(b, arguments):
    """Return the parameters that can be differentiated."""
    names = [line.partition(" = ")[0] for line in arguments]
    return [n for n in names if np.asarray(b.values[n]).dtype.kind == "f"]


def real_outputs(b, outs):
    """Return the places of the outputs that have derivatives."""
    kinds = [np.asarray(b.evaluate(out)).dtype.kind for out in outs]
    return [i for i, kind in enumerate(kinds) if kind == "f"]


def total(b, outs):
    """Return the source of a scalar function of all real outputs."""
    forms = ["np.sum({0})", "np.sum(np.sin({0}))", "np.sum({0} * {0})"]
    terms = [b.choice(forms).format(f"outs[{i}]") for i in real_outputs(b, outs)]
    if not terms:
        return None
    body = f"    outs = program(*args)\n    return {' + '.join(terms)}\n"
    return f"def total(*args):\n{body}"


def gradient(b, arguments, outs):
    """Return the derivative of the sum of everything, of some kind."""
    text, names = total(b, outs), floats(b, arguments)
    if text is None or not names:
        return None
    places = [int(n[1:]) for n in names]
    places = tuple(sorted(b.random.sample(places, b.between(1, len(places)))))
    forms = [f"fgrad.grad(total, {places})", f"fgrad.grad(total, {places})",
             f"fgrad.value_and_grad(total, {places})"]  # fmt: skip
    small = all(np.size(b.values[n]) <= 12 for n in names)
    if small:
        forms += [
            f"fgrad.jacrev(program, {places})",
            f"fgrad.jacfwd(program, {places})",
        ]
        forms += [f"fgrad.hessian(total, {places[0]})"]
    return f"{text}f = {b.choice(forms)}"


def second(b, arguments, outs):
    """Return the gradient of a function of the gradient."""
    text, names = total(b, outs), floats(b, arguments)
    if text is None or not names:
        return None
    place = int(b.choice(names)[1:])
    return (
        f"{text}slope = fgrad.grad(total, {place})\n"
        f"f = fgrad.grad(lambda *args: np.sum(np.sin(slope(*args))), {place})"
    )


def push(b, arguments, outs):
    names, moved = [a.partition(" = ")[0] for a in arguments], floats(b, arguments)
    if not moved:
        return None
    given, names = ", ".join(moved), ", ".join(names)
    inner = f"lambda {given}: [program({names})[i] for i in {real_outputs(b, outs)}]"
    return f"def f({names}):\n    return fgrad.jvp({inner}, ({given},), ({given},))"


def mapped(b, arguments, outs):
    """Return a map over a batch of some arguments, of the program or its gradient."""
    text, names = total(b, outs), floats(b, arguments)
    inner = "program"
    if text is not None and names and b.chance(50):
        inner = f"fgrad.grad(total, {int(b.choice(names)[1:])})"
    axes = [b.choice([0, 0, None]) for _ in arguments]
    axes[b.between(0, len(axes) - 1)] = 0
    return (
        f"{text or ''}one = arguments\naxes = {tuple(axes)}\n"
        "def arguments(n=0):\n"
        "    many = zip(one(n), one(n + 1), one(n + 2), axes)\n"
        "    return [a if i is None else np.stack([a, b, c]) for a, b, c, i in many]\n"
        f"f = fgrad.vmap({inner}, axes)"
    )


WRAPPERS = [*[gradient] * 4, second, push, *[mapped] * 2]
