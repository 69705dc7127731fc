"""Gradient descent with a learning rate that is too small, right, and too large.

A straight line is fitted to noisy points by gradient descent on the mean squared
error, w <- w - alpha dL/dw. The loss is a quadratic bowl, so theory says which rates
converge: those below 2 / (largest eigenvalue of the Hessian). `fgrad.hessian` gives
that limit, and the three runs bear it out.

Run it: python examples/learning_rates.py --out examples/out
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files; no screen is needed

import matplotlib.pyplot as plt
import numpy as np

import fgrad

STEPS = 60
COLORS = ("tab:blue", "tab:green", "tab:red")  # too small, right, too large
START = np.array([-1.5, 2.5])
RNG = np.random.default_rng(0)
X = np.linspace(0, 2, 30)
Y = 1.5 * X - 0.5 + 0.2 * RNG.normal(size=X.size)


def loss(w):
    """Return the mean squared error of the line w[0] x + w[1]."""
    return np.mean((w[0] * X + w[1] - Y) ** 2)


def descend(rate):
    """Return the parameters after each step, (STEPS + 1, 2)."""
    gradient = fgrad.jit(fgrad.grad(loss))
    path = [START]
    for _ in range(STEPS):
        path.append(path[-1] - rate * gradient(path[-1]))
    return np.array(path)


def draw_paths(axes, paths, best):
    slope, intercept = np.meshgrid(np.linspace(-3, 5, 120), np.linspace(-4, 4, 120))
    height = [loss(w) for w in np.stack([slope.ravel(), intercept.ravel()], axis=1)]
    levels = np.geomspace(0.05, 60, 14)
    axes.contour(
        slope, intercept, np.reshape(height, slope.shape), levels, colors="0.8"
    )
    for (name, path), color in zip(paths.items(), COLORS, strict=True):
        # The diverging path would soon cover the others: draw its beginning only.
        shown = path[:14] if name.startswith("too large") else path
        axes.plot(*shown.T, marker=".", linewidth=1, color=color, label=name)
    axes.plot(*best, "k*", markersize=12, label="least squares", linestyle="none")
    axes.set(xlim=(-3, 5), ylim=(-4, 4), xlabel="slope", ylabel="intercept")
    axes.set_title("The way down (too large: its first 13 steps)")
    axes.legend(loc="upper right", fontsize=8)


def draw_losses(axes, paths, best):
    for (name, path), color in zip(paths.items(), COLORS, strict=True):
        axes.semilogy([loss(w) for w in path], color=color, label=name)
    axes.axhline(loss(best), color="black", linestyle=":", label="least squares")
    axes.set(xlabel="step", ylabel="mean squared error", title="Loss")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def plot(paths, best, file):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
    draw_paths(left, paths, best)
    draw_losses(right, paths, best)
    figure.savefig(file, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    limit = 2 / np.linalg.eigvalsh(fgrad.hessian(loss)(START)).max()
    print(f"gradient descent converges for learning rates below {limit:.4f}")

    best = np.polyfit(X, Y, 1)
    paths = {}
    for name, share in [("too small", 0.01), ("right", 0.8), ("too large", 1.05)]:
        rate = share * limit
        path = descend(rate)
        paths[f"{name}: {rate:.3f}"] = path
        distance = np.linalg.norm(path[-1] - best)
        print(
            f"  {name:<10} rate {rate:.4f}  loss {loss(path[-1]):10.4f}"
            f"  distance to the optimum {distance:.4f}"
        )
    plot(paths, best, options.out / "learning_rates.png")
    print(f"the picture is in {options.out}")

    small, right, large = (path[-1] for path in paths.values())
    assert loss(best) < loss(right) < 1.001 * loss(best)
    assert loss(right) < loss(small) < loss(START) < loss(large)


if __name__ == "__main__":
    main()
