"""Newton's method without a Hessian, beside gradient descent and Adam.

Newton's method goes to the minimum of the local quadratic: it solves H step = -g.
The method of conjugate gradients (CG) solves that with products H v alone, and
`fgrad.hvp` gives those for about the price of a gradient, so the Hessian is never
built. The steps of `fgrad.optim` know slopes only. Two problems compare them:
Rosenbrock's curved valley in 20 dimensions, and a logistic regression whose
features have very different scales.

Run it: python examples/newton_hvp.py --out examples/out
"""

import argparse
import functools
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files; no screen is needed

import matplotlib.pyplot as plt
import numpy as np

import fgrad
from fgrad import optim

TOLERANCE = 1e-9  # of the gradient's norm
FIRST_ORDER_STEPS = 5000
RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(200, 10)) * np.geomspace(0.1, 10, 10)
LABELS = np.where(POINTS @ RNG.normal(size=10) + RNG.normal(size=200) > 0, 1.0, -1.0)
PENALTY = 1e-3


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w):
    """Return the mean logistic loss of the weights w, with a small L2 penalty."""
    return np.mean(np.logaddexp(0, -LABELS * (POINTS @ w))) + PENALTY * (w @ w)


# --- Newton-CG


def conjugate_gradients(times_hessian, gradient):
    """Solve H step = -gradient roughly; return the step and the products used.

    Far from a minimum, where H may bend downwards, stop at the first direction in
    which it does (Nocedal and Wright, "Numerical Optimization", algorithm 7.1).
    """
    norm = np.linalg.norm(gradient)
    enough = min(0.5, np.sqrt(norm)) * norm  # rough at first, exact near the end
    step, residual = np.zeros_like(gradient), gradient
    direction = -gradient
    for products in range(1, 10 * gradient.size):
        product = times_hessian(direction)
        bend = direction @ product
        if bend <= 0:
            return (step if products > 1 else direction), products
        length = (residual @ residual) / bend
        step = step + length * direction
        smaller = residual + length * product
        if np.linalg.norm(smaller) < enough:
            break
        ratio = (smaller @ smaller) / (residual @ residual)
        residual, direction = smaller, -smaller + ratio * direction
    return step, products


def line_search(loss, x, value, slope, step):
    """Try x + step, x + step / 2, ... until the loss falls enough; count the trials."""
    trials = 1
    while loss(x + step) > value + 1e-4 * slope and trials < 40:
        step, slope, trials = step / 2, slope / 2, trials + 1
    return x + step, trials


def newton_cg(loss, x):
    """Return the minimum, and the evaluations and the loss after each step."""
    loss = fgrad.jit(loss)
    value_and_grad = fgrad.jit(fgrad.value_and_grad(loss))
    times_hessian = fgrad.jit(lambda x, v: fgrad.hvp(loss, (x,), (v,)))
    cost, costs, losses = 0, [], []
    while len(losses) < FIRST_ORDER_STEPS:
        value, gradient = value_and_grad(x)
        cost += 1
        costs.append(cost)
        losses.append(value)
        if np.linalg.norm(gradient) < TOLERANCE:
            break
        times = functools.partial(times_hessian, x)
        step, products = conjugate_gradients(times, gradient)
        x, trials = line_search(loss, x, value, gradient @ step, step)
        cost += products + trials
    return x, costs, losses


# --- first order


def descend(loss, x, optimiser):
    """Return what `newton_cg` does, for an optimiser: a step costs one gradient."""

    @fgrad.jit
    def take_step(x, state):
        value, gradient = fgrad.value_and_grad(loss)(x)
        updates, state = optimiser.update(gradient, state, x)
        return optim.apply_updates(x, updates), state, value

    state, losses = optimiser.init(x), []
    for _ in range(FIRST_ORDER_STEPS):
        x, state, value = take_step(x, state)
        losses.append(value)
    return x, range(1, FIRST_ORDER_STEPS + 1), losses


def compare(title, loss, start, rates):
    """Run all methods on one problem; return what each cost and reached."""
    decay = optim.cosine_decay_schedule(rates["adam"], FIRST_ORDER_STEPS)
    runs = {
        "gradient descent": descend(loss, start, optim.sgd(rates["sgd"])),
        "Adam": descend(loss, start, optim.adam(decay)),
        "Newton-CG": newton_cg(loss, start),
    }
    least = min(losses[-1] for _, _, losses in runs.values())
    print(f"\n{title}\n  {'':<18}{'evaluations':>12}{'loss above the least':>24}")
    for name, (_, costs, losses) in runs.items():
        print(f"  {name:<18}{costs[-1]:>12}{losses[-1] - least:>24.3e}")
    return runs


def check_hessian(loss, x):
    """Compare a product with the Hessian, which these small problems can afford."""
    direction = np.linspace(-1, 1, x.size)
    product = fgrad.hvp(loss, (x,), (direction,))
    np.testing.assert_allclose(product, fgrad.hessian(loss)(x) @ direction, rtol=1e-9)


# --- the picture


def draw(axes, title, runs):
    floor = 1e-16
    least = min(losses[-1] for _, _, losses in runs.values())
    for name, (_, costs, losses) in runs.items():
        newton = name == "Newton-CG"
        axes.loglog(
            costs,
            np.maximum(np.array(losses) - least, floor),
            label=name,
            marker="." if newton else None,
            linewidth=1.5,
        )
    axes.set(title=title, xlabel="evaluations of the loss, its gradient, or H v")
    axes.set_ylim(bottom=floor / 2)
    axes.grid(alpha=0.3)


def plot(results, file):
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for axis, (title, runs) in zip(axes, results.items(), strict=True):
        draw(axis, title, runs)
    axes[0].set_ylabel("loss above the least (cut at 1e-16)")
    axes[0].legend()
    figure.savefig(file, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    valley, weights = np.full(20, -1.0), np.zeros(10)
    check_hessian(rosenbrock, valley)
    check_hessian(logistic, weights)
    results = {}
    # The rates are the best of several that were tried for 5000 steps.
    for title, loss, start, rates in (
        ("Rosenbrock, 20 dimensions", rosenbrock, valley, {"sgd": 1e-3, "adam": 0.3}),
        ("Logistic regression", logistic, weights, {"sgd": 0.3, "adam": 0.03}),
    ):
        results[title] = compare(title, loss, start, rates)
        (_, _, slow), (_, _, adam), (x, costs, newton) = results[title].values()
        assert np.linalg.norm(fgrad.grad(loss)(x)) < TOLERANCE
        assert newton[-1] <= min(adam[-1], slow[-1]) + 1e-15
        assert costs[-1] < FIRST_ORDER_STEPS / 5
    np.testing.assert_allclose(
        results["Rosenbrock, 20 dimensions"]["Newton-CG"][0], np.ones(20), rtol=1e-6
    )
    plot(results, options.out / "newton_hvp.png")
    print(f"\nthe picture is in {options.out}")


if __name__ == "__main__":
    main()
