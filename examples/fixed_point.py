"""A fixed point, differentiated through the loop that finds it and without the loop.

A network whose state x feeds back on itself settles where x = tanh(W x + U). How does
a loss of the settled state depend on W and U? Two ways to know:

- through the tape: `lax.while_loop` keeps what each iteration needs, and reverse mode
  walks all iterations backwards. Time and memory grow with their number.
- implicitly: at the fixed point the equation alone determines the derivative.
  `lax.custom_root` solves one linear system, however the fixed point was found.

The closer the largest singular value of W comes to 1, the slower the loop converges.

Run it: python examples/fixed_point.py --out examples/out
"""

import argparse
import tracemalloc
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files; no screen is needed

import matplotlib.pyplot as plt
import numpy as np

import fgrad
from fgrad import lax

SIZE = 60
GAINS = [0.5, 0.7, 0.8, 0.9, 0.95, 0.97]  # the largest singular value of W
TOLERANCE = 1e-13
RNG = np.random.default_rng(0)
ROTATION = np.linalg.qr(RNG.normal(size=(SIZE, SIZE)))[0]
DRIVE = 0.1 * RNG.normal(size=SIZE)
TARGET = RNG.normal(size=SIZE)


def residual(params, x):
    return x - np.tanh(params["W"] @ x + params["U"])


def iterate(f, x, tolerance=TOLERANCE):
    """Repeat x - f(x) until it changes no more; return x and the iterations."""

    def step(state):
        x, _, count = state
        return x - f(x), np.max(np.abs(f(x))), count + 1

    x, _, count = lax.while_loop(lambda state: state[1] > tolerance, step, (x, 1.0, 0))
    return x, count


def through_the_tape(params, tolerance=TOLERANCE):
    f = lambda x: residual(params, x)
    return iterate(f, np.zeros(SIZE), tolerance)


def implicitly(params, tolerance=TOLERANCE):
    return lax.custom_root(
        lambda x: residual(params, x),
        np.zeros(SIZE),
        lambda f, x: iterate(f, x, tolerance),
        lambda g, y: np.linalg.solve(fgrad.jacobian(g)(y), y),
        has_aux=True,
    )


def gradient_of(settle):
    """Return a compiled gradient of the loss of the settled state."""

    def loss(params, tolerance):
        x, count = settle(params, tolerance)
        return np.sum((x - TARGET) ** 2), count

    return fgrad.jit(fgrad.grad(loss, has_aux=True))


def params_of(gain):
    return {"W": gain * ROTATION, "U": DRIVE}


def peak_memory(f, *args):
    """Return what f(*args) allocates at most, in bytes; it has run once before."""
    tracemalloc.start()
    f(*args)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def difference(a, b):
    """Return the largest difference between trees, relative to the largest entry."""
    pairs = zip(fgrad.tree.leaves(a), fgrad.tree.leaves(b), strict=True)
    return max(np.abs(x - y).max() / np.abs(y).max() for x, y in pairs)


def compare(gains):
    """Return iterations and the memory of both gradients for each gain."""
    tape, implicit = gradient_of(through_the_tape), gradient_of(implicitly)
    rows = []
    titles = f"{'iterations':>12}{'tape, KB':>10}{'implicit, KB':>14}{'difference':>12}"
    print(f"{'gain':>5}{titles}")
    for gain in gains:
        params = params_of(gain)
        one, count = tape(params, TOLERANCE)
        two, _ = implicit(params, TOLERANCE)
        apart = difference(one, two)
        assert apart < 1e-8
        memory = [peak_memory(f, params, TOLERANCE) / 1e3 for f in (tape, implicit)]
        rows.append((int(count), *memory))
        print(f"{gain:>5}{count:>12}{memory[0]:>10.0f}{memory[1]:>14.0f}{apart:>12.1e}")
    return rows


def check_direction(gain):
    """Compare the implicit gradient with a difference quotient."""
    params = params_of(gain)
    (gradient, _), h = gradient_of(implicitly)(params, TOLERANCE), 1e-6
    loss = lambda u: np.sum((implicitly({**params, "U": u})[0] - TARGET) ** 2)
    direction = np.ones(SIZE)
    slope = (loss(DRIVE + h * direction) - loss(DRIVE - h * direction)) / (2 * h)
    np.testing.assert_allclose(gradient["U"] @ direction, slope, rtol=1e-6)


# --- the pictures


def draw_convergence(axes, gains):
    for gain in gains:
        params, x, sizes = params_of(gain), np.zeros(SIZE), []
        for _ in range(1000):
            change = residual(params, x)
            x, size = x - change, np.abs(change).max()
            sizes.append(size)
            if size < TOLERANCE:
                break
        axes.semilogy(sizes, label=f"gain {gain}")
    axes.set(title="The loop", xlabel="iteration", ylabel="residual")
    axes.legend(fontsize=8)


def draw_accuracy(axes, gain):
    """Show the errors of both gradients if the loop stops early."""
    params = params_of(gain)
    tolerances = np.geomspace(1e-1, 1e-9, 9)
    best, _ = gradient_of(implicitly)(params, 1e-14)
    for settle, name in ((through_the_tape, "tape"), (implicitly, "implicit")):
        gradient = gradient_of(settle)
        errors = [difference(gradient(params, t)[0], best) for t in tolerances]
        axes.loglog(tolerances, errors, marker="o", label=name)
    axes.invert_xaxis()
    axes.set(title=f"Stopping early (gain {gain})", ylabel="error of the gradient")
    axes.set_xlabel("tolerance of the loop")
    axes.legend()


def draw_memory(axes, rows):
    counts, tape, implicit = zip(*rows)
    axes.plot(counts, tape, marker="o", label="tape")
    axes.plot(counts, implicit, marker="o", label="implicit")
    axes.set(title="Memory of the gradient", xlabel="iterations", ylabel="peak in KB")
    axes.set_ylim(bottom=0)
    axes.legend()


def plot(rows, file):
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    draw_convergence(axes[0], GAINS)
    draw_accuracy(axes[1], 0.9)
    draw_memory(axes[2], rows)
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.savefig(file, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    rows = compare(GAINS)
    check_direction(0.9)
    plot(rows, options.out / "fixed_point.png")
    print(f"the picture is in {options.out}")


if __name__ == "__main__":
    main()
