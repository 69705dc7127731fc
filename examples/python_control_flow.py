"""Gradients through ordinary `if` and `while`, decided by the data.

Under `grad` without `jit` every operation runs at once, so a traced value has a value
and Python may branch on it. Three functions show it:

- an income tax with brackets (`if` and a `for` that stops early): its derivative is
  the marginal rate;
- Newton's square root (`while` until it converges): its derivatives are those of sqrt,
  although `sqrt` is never called;
- a Collatz-like walk whose path depends on the number it starts from.

Run it: python examples/python_control_flow.py --out examples/out
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files; no screen is needed

import matplotlib.pyplot as plt
import numpy as np

import fgrad

BRACKETS = [(0.0, 0.0), (10.0, 0.2), (30.0, 0.35), (80.0, 0.5)]  # (from, rate)


def income_tax(income):
    """Return the tax: each rate applies to the part of the income in its bracket."""
    tax = 0.0
    uppers = [start for start, _ in BRACKETS[1:]] + [np.inf]
    for (start, rate), upper in zip(BRACKETS, uppers, strict=True):
        if income <= upper:
            break
        tax = tax + rate * (upper - start)
    return tax + rate * (income - start)


def newton_sqrt(x):
    """Return the square root of x > 0: improve a guess until it stops changing."""
    guess, better = x, 0.5 * (x + 1)
    while abs(better - guess) > 1e-12 * better:
        guess, better = better, 0.5 * (better + x / better)
    # One step more, because derivatives converge one step later than the value.
    return 0.5 * (better + x / better)


def collatz_like(x, steps=6):
    """Halve x if its integer part is even, else take 3 x + 1; do so `steps` times."""
    for _ in range(steps):
        if np.floor(x) % 2 == 0:
            x = x / 2
        else:
            x = 3 * x + 1
    return x


def check_income_tax():
    for income, tax, rate in [(5.0, 0.0, 0.0), (20.0, 2.0, 0.2), (100.0, 31.5, 0.5)]:
        value, marginal = fgrad.value_and_grad(income_tax)(income)
        print(f"income {income:5.1f}: tax {value:5.2f}, marginal rate {marginal:.2f}")
        np.testing.assert_allclose([value, marginal], [tax, rate], rtol=1e-12)


def check_newton_sqrt():
    first, second = fgrad.grad(newton_sqrt), fgrad.grad(fgrad.grad(newton_sqrt))
    for x in [0.25, 1.0, 2.0, 9.0]:
        values = [newton_sqrt(x), first(x), second(x)]
        print(
            f"x {x:4.2f}: root {values[0]:.6f}, f' {values[1]:.6f}, f'' {values[2]:.6f}"
        )
        np.testing.assert_allclose(
            values, [x**0.5, 0.5 * x**-0.5, -0.25 * x**-1.5], rtol=1e-9
        )
    # Forward mode walks the same loop once, and carries the tangent along.
    root, tangent = fgrad.jvp(newton_sqrt, (2.0,), (1.0,))
    np.testing.assert_allclose([root, tangent], [2**0.5, 0.5 * 2**-0.5], rtol=1e-12)


def check_collatz_like():
    # 6.5 -> 3.25 -> 10.75 -> 5.375 -> 17.125 -> 52.375 -> 26.1875: 3 halvings, 3 threes
    # 8.5 -> 4.25 -> 2.125 -> 1.0625 -> 4.1875 -> 2.09375 -> 1.046875: 5 and 1
    for x, halvings in [(6.5, 3), (8.5, 5)]:
        value, slope = fgrad.value_and_grad(collatz_like)(x)
        print(f"{x} walks to {value:.6f} with slope {slope:.5f}")
        assert slope == 3.0 ** (6 - halvings) / 2.0**halvings


def draw_tax(axes):
    incomes = np.linspace(0.1, 120, 400)
    marginal = fgrad.grad(income_tax)
    axes.plot(incomes, [income_tax(x) for x in incomes], label="tax")
    axes.set(xlabel="income", ylabel="tax", title="Income tax: `if` on the income")
    axes.set_ylim(-1.5, 45)
    rates = axes.twinx()
    rates.plot(incomes, [marginal(x) for x in incomes], color="tab:orange")
    rates.set_ylabel("marginal rate = gradient", color="tab:orange")
    rates.set_ylim(-0.02, 0.6)


def draw_sqrt(axes):
    xs = np.linspace(0.2, 4, 200)
    first, second = fgrad.grad(newton_sqrt), fgrad.grad(fgrad.grad(newton_sqrt))
    for f, name in [(newton_sqrt, "f"), (first, "f'"), (second, "f''")]:
        axes.plot(xs, [f(x) for x in xs], label=name)
    axes.set(xlabel="x", ylim=(-2, 2.2), title="Newton's square root: a `while` loop")
    axes.grid(alpha=0.3)
    axes.legend()


def plot(file):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    draw_tax(left)
    draw_sqrt(right)
    figure.savefig(file, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    check_income_tax()
    check_newton_sqrt()
    check_collatz_like()
    plot(options.out / "python_control_flow.png")
    print(f"the picture is in {options.out}")


if __name__ == "__main__":
    main()
