"""Predators and prey: the rates of a differential equation, fitted to noisy counts.

Lotka and Volterra's equations say how many hares (x) and lynxes (y) there will be:

    dx/dt = a x - b x y        dy/dt = d x y - c y

Runge-Kutta's method (RK4) solves them: `lax.fori_loop` takes the small steps between
two observations, `lax.scan` goes from one observation to the next. Gradients flow
through the solver to the four rates and to the numbers at the start, and Adam from
`fgrad.optim` finds those that explain the observations.

Run it: python examples/lotka_volterra.py --out examples/out
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files; no screen is needed

import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm

import fgrad
from fgrad import lax, optim

TRUE = {"rates": np.array([1.1, 0.5, 0.4, 0.1]), "start": np.array([8.0, 4.0])}
NOISE = 0.08  # of the logarithm of a count
PERIOD, SUBSTEPS = 0.4, 6  # between observations
COUNT = 60


def slope(rates, state):
    """Return the change of hares and lynxes per unit of time."""
    a, b, c, d = rates
    x, y = state
    return np.stack([a * x - b * x * y, d * x * y - c * y])


def rk4(rates, state):
    """Take one small step of the classical Runge-Kutta method."""
    h = PERIOD / SUBSTEPS
    k1 = slope(rates, state)
    k2 = slope(rates, state + h / 2 * k1)
    k3 = slope(rates, state + h / 2 * k2)
    k4 = slope(rates, state + h * k3)
    return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def solve(rates, start, count=COUNT):
    """Return the numbers at each time of observation."""

    def observe(state, _):
        later = lax.fori_loop(0, SUBSTEPS, lambda _, s: rk4(rates, s), state)
        return later, state

    return lax.scan(observe, start, length=count)[1]


def log_solution(params):
    """Return logarithms of the numbers; parameters are logarithms too, to stay > 0."""
    return np.log(solve(np.exp(params["rates"]), np.exp(params["start"])))


def fit(observed, steps):
    """Return the fitted parameters, and their errors and the loss on the way."""

    def loss(params):
        return np.mean((log_solution(params) - np.log(observed)) ** 2)

    # A short memory (b2) for squares: the first gradients are far larger than later.
    optimiser = optim.adam(optim.cosine_decay_schedule(0.1, steps), b2=0.99)

    @fgrad.jit
    def take_step(params, state):
        value, grads = fgrad.value_and_grad(loss)(params)
        updates, state = optimiser.update(grads, state, params)
        return optim.apply_updates(params, updates), state, value

    params = {"rates": np.log([0.8, 0.3, 0.6, 0.15]), "start": np.log(observed[0])}
    state, losses, rates = optimiser.init(params), [], []
    for _ in tqdm(range(steps), desc="fitting", mininterval=0.5):
        rates.append(np.exp(params["rates"]))
        params, state, value = take_step(params, state)
        losses.append(value)
    return params, losses, np.array(rates)


def check_solver():
    """Compare with SciPy's solver, and the gradient with a difference quotient."""
    from scipy.integrate import solve_ivp

    rates, start = TRUE["rates"], TRUE["start"]
    times = PERIOD * np.arange(COUNT)
    right = lambda t, state: slope(rates, state)
    want = solve_ivp(right, times[[0, -1]], start, t_eval=times, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(solve(rates, start), want.y.T, rtol=1e-3)
    last = lambda rates: solve(rates, start)[-1, 0]
    quotient = (last(rates + 1e-6) - last(rates - 1e-6)) / 2e-6
    np.testing.assert_allclose(fgrad.grad(last)(rates).sum(), quotient, rtol=1e-5)


def uncertainties(params):
    """Return standard errors of the fitted logarithms, of the start and the rates."""
    flat, unravel = fgrad.flatten_util.ravel_pytree(params)
    j = fgrad.jacfwd(lambda flat: log_solution(unravel(flat)).ravel())(flat)
    return unravel(NOISE * np.sqrt(np.diag(np.linalg.inv(j.T @ j))))


def plot(observed, params, losses, rates, file):
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
    times = PERIOD * np.arange(COUNT)
    fitted = np.exp(log_solution(params))
    truth = solve(TRUE["rates"], TRUE["start"])
    for i, (name, color) in enumerate((("hares", "tab:green"), ("lynxes", "tab:red"))):
        axes[0].plot(times, truth[:, i], color=color, linestyle=":", linewidth=1)
        axes[0].plot(times, fitted[:, i], color=color, label=name)
        axes[0].plot(times, observed[:, i], ".", color=color, alpha=0.6)
    axes[0].set(title="Observed (dots), fitted, true (dotted)", xlabel="time")
    axes[0].legend()
    axes[1].semilogy(losses)
    axes[1].axhline(NOISE**2, color="gray", linestyle="--", label="noise")
    axes[1].set(title="Squared error of the logarithm", xlabel="step of Adam")
    axes[1].legend()
    for name, path, true in zip("abcd", rates.T, TRUE["rates"]):
        (line,) = axes[2].plot(path, label=name)
        axes[2].axhline(true, color=line.get_color(), linestyle=":", linewidth=1)
    axes[2].set(title="Rates (true ones dotted)", xlabel="step of Adam")
    axes[2].legend(loc="center right")
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.savefig(file, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--steps", type=int, default=400)
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    check_solver()
    rng = np.random.default_rng(0)
    truth = solve(TRUE["rates"], TRUE["start"])
    observed = truth * np.exp(NOISE * rng.normal(size=truth.shape))
    params, losses, rates = fit(observed, options.steps)

    errors = uncertainties(params)["rates"]
    off = (params["rates"] - np.log(TRUE["rates"])) / errors
    print(f"{'rate':<6}{'true':>8}{'fitted':>10}{'standard error':>17}")
    for name, true, log_rate, error in zip(
        "abcd", TRUE["rates"], params["rates"], errors
    ):
        rate = np.exp(log_rate)
        print(f"{name:<6}{true:>8.3f}{rate:>10.4f}{rate * error:>17.4f}")
    assert losses[-1] < 1.5 * NOISE**2
    assert np.abs(off).max() < 3  # within what the noise allows
    plot(observed, params, losses, rates, options.out / "lotka_volterra.png")
    print(f"the picture is in {options.out}")


if __name__ == "__main__":
    main()
