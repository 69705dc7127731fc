"""The gradient of every single example, with vmap(grad(loss)).

A gradient over a batch is a mean, and a mean hides its members. `vmap` maps the
gradient of one example's loss over the batch: one call on whole arrays instead of a
Python loop. Here a logistic regression is trained on two clouds of points in which a
few labels are wrong on purpose; the wrong ones stand out by their gradient's norm.

Run it: python examples/per_example_gradients.py --out examples/out
"""

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files; no screen is needed

import matplotlib.pyplot as plt
import numpy as np

import fgrad

N = 300
N_WRONG = 8


def make_data():
    """Return points (N, 2), labels of -1 or 1 (N,), and which labels are wrong (N,)."""
    rng = np.random.default_rng(0)
    labels = np.where(np.arange(N) < N // 2, -1.0, 1.0)
    points = rng.normal(size=(N, 2)) + 1.8 * labels[:, None]
    wrong = np.zeros(N, dtype=bool)
    wrong[rng.choice(N, size=N_WRONG, replace=False)] = True
    return points, np.where(wrong, -labels, labels), wrong


def loss(params, point, label):
    """Return the logistic loss of one example; params is {"w": (2,), "b": ()}."""
    margin = label * (np.dot(point, params["w"]) + params["b"])
    return np.logaddexp(0.0, -margin)


def mean_loss(params, points, labels):
    losses = fgrad.vmap(loss, in_axes=(None, 0, 0))(params, points, labels)
    return np.mean(losses)


def train(points, labels, steps=200, rate=0.5):
    params = {"w": np.zeros(2), "b": np.array(0.0)}
    gradient = fgrad.jit(fgrad.grad(mean_loss))
    for _ in range(steps):
        grads = gradient(params, points, labels)
        params = {name: params[name] - rate * grads[name] for name in params}
    return params


def loop_over_examples(params, points, labels):
    """Return the same as vmap(grad(loss)): a dictionary of stacked gradients."""
    gradient = fgrad.grad(loss)
    examples = zip(points, labels, strict=True)
    each = [gradient(params, point, label) for point, label in examples]
    return {name: np.stack([grads[name] for grads in each]) for name in params}


def timed(function, *args):
    start = time.perf_counter()
    result = function(*args)
    return result, time.perf_counter() - start


def draw_points(axes, points, labels, wrong, norms):
    colors = axes.scatter(*points.T, c=norms, s=10 + 60 * norms, cmap="viridis")
    axes.scatter(
        *points[wrong].T,
        s=170,
        facecolors="none",
        edgecolors="tab:red",
        label="label is wrong",
    )
    axes.figure.colorbar(colors, ax=axes, label="norm of the example's gradient")
    axes.set(title="One gradient for each example", xlabel="x0", ylabel="x1")
    axes.legend(loc="lower right")


def draw_norms(axes, wrong, norms):
    order = np.argsort(norms)[::-1]
    colors = np.where(wrong[order], "tab:red", "tab:gray")
    axes.bar(np.arange(40), norms[order][:40], color=colors[:40])
    axes.set(title="The 40 largest (red: label is wrong)")
    axes.set(xlabel="rank", ylabel="gradient norm")


def plot(points, labels, wrong, norms, file):
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 4.5), width_ratios=(1.3, 1), layout="constrained"
    )
    draw_points(left, points, labels, wrong, norms)
    draw_norms(right, wrong, norms)
    figure.savefig(file, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    points, labels, wrong = make_data()
    params = train(points, labels)

    per_example = fgrad.vmap(fgrad.grad(loss), in_axes=(None, 0, 0))
    mapped, mapped_time = timed(per_example, params, points, labels)
    looped, looped_time = timed(loop_over_examples, params, points, labels)
    print(f"vmap {mapped_time * 1e3:.1f} ms, loop {looped_time * 1e3:.1f} ms")
    batch = fgrad.grad(mean_loss)(params, points, labels)
    for name in params:
        np.testing.assert_allclose(mapped[name], looped[name], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(
            mapped[name].mean(0), batch[name], rtol=1e-9, atol=1e-12
        )

    norms = np.sqrt(np.sum(mapped["w"] ** 2, axis=1) + mapped["b"] ** 2)
    found = np.sum(wrong[np.argsort(norms)[-N_WRONG:]])
    print(f"of the {N_WRONG} largest gradients, {found} belong to wrong labels")
    assert found >= N_WRONG - 1
    plot(points, labels, wrong, norms, options.out / "per_example_gradients.png")
    print(f"the picture is in {options.out}")


if __name__ == "__main__":
    main()
