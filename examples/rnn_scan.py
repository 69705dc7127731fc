"""A recurrent network (GRU) trained through `lax.scan` on a chaotic series.

The Mackey-Glass equation describes the number of blood cells: production answers to
the number some time ago, and the delay makes the series chaotic. The network reads it
value by value and predicts the next one. `lax.scan` runs the cell over the sequence:
the cell is traced once, whatever the length, and `jit(value_and_grad(loss))` compiles
a forward and a backward loop. Afterwards the network reads its own predictions.

Run it: python examples/rnn_scan.py --out examples/out
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

HIDDEN = 32
LENGTH = 60  # of a training sequence
BATCH = 32
WARM_UP, FREE = 100, 120  # steps of true values, then of own predictions


def mackey_glass(count, delay=17, every=2):
    """Return the series, sampled at every second unit of time, around zero."""
    fine = 10  # Euler steps per unit of time
    lag = delay * fine
    x = np.full(lag + (count + 100) * every * fine, 1.2)
    for i in range(lag, len(x) - 1):
        late = x[i - lag]
        x[i + 1] = x[i] + (0.2 * late / (1 + late**10) - 0.1 * x[i]) / fine
    return x[lag :: every * fine][100:] - 0.9


def initial_params(rng):
    """Return weights of the gates, the candidate and the output."""
    scale = 1 / np.sqrt(HIDDEN)
    weights = lambda *shape: rng.uniform(-scale, scale, shape)
    return {
        "gates": {"W": weights(1 + HIDDEN, 2 * HIDDEN), "b": np.zeros(2 * HIDDEN)},
        "candidate": {"W": weights(1 + HIDDEN, HIDDEN), "b": np.zeros(HIDDEN)},
        "out": {"W": weights(HIDDEN, 1), "b": np.zeros(1)},
    }


def dense(layer, x):
    return x @ layer["W"] + layer["b"]


def cell(params, h, x):
    """Take one step of a GRU; return the next state and the prediction."""
    x = x[..., None]
    gates = 1 / (1 + np.exp(-dense(params["gates"], np.concatenate([x, h], -1))))
    reset, update = gates[..., :HIDDEN], gates[..., HIDDEN:]
    both = np.concatenate([x, reset * h], -1)
    h = update * h + (1 - update) * np.tanh(dense(params["candidate"], both))
    return h, x[..., 0] + dense(params["out"], h)[..., 0]


def predictions(params, series):
    """Predict the next value after each; time is the first axis of the series."""
    start = np.zeros((*series.shape[1:], HIDDEN))
    return lax.scan(lambda h, x: cell(params, h, x), start, series)[1]


def loss(params, series):
    return np.mean((predictions(params, series[:-1]) - series[1:]) ** 2)


def run_freely(params, series):
    """Read the series, then go on with what was predicted."""

    def step(state, _):
        h, x = state
        return cell(params, h, x), x

    h, xs = lax.scan(lambda h, x: cell(params, h, x), np.zeros(HIDDEN), series)
    return lax.scan(step, (h, xs[-1]), length=FREE)[1]


def train(params, series, steps, rng):
    """Return the trained parameters and the loss of every step."""
    optimiser = optim.chain(
        optim.clip_by_global_norm(1.0),
        optim.adam(optim.cosine_decay_schedule(1e-2, steps)),
    )

    @fgrad.jit
    def take_step(params, state, batch):
        value, grads = fgrad.value_and_grad(loss)(params, batch)
        updates, state = optimiser.update(grads, state, params)
        return optim.apply_updates(params, updates), state, value

    state, losses = optimiser.init(params), []
    window = np.arange(LENGTH + 1)[:, None]
    for _ in tqdm(range(steps), desc="training", mininterval=0.5):
        starts = rng.integers(0, len(series) - LENGTH - 1, BATCH)
        params, state, value = take_step(params, state, series[window + starts])
        losses.append(value)
    return params, losses


def plot(losses, persistence, truth, free, file):
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 3.8), layout="constrained", width_ratios=(2, 3)
    )
    left.semilogy(losses, linewidth=0.8, label="GRU")
    left.axhline(persistence, color="gray", linestyle="--", label='"no change"')
    left.set(title="Training", xlabel="step", ylabel="squared error of the next value")
    time = np.arange(len(truth)) - WARM_UP
    right.plot(time, truth, color="gray", label="Mackey-Glass")
    right.plot(time[WARM_UP + 1 :], free, color="tab:red", label="GRU, running freely")
    right.axvline(0, color="black", linewidth=0.8)
    right.set(title="After time 0 it reads its own predictions", xlabel="step")
    for axis in (left, right):
        axis.grid(alpha=0.3)
        axis.legend(loc="upper right")
    right.set_ylim(-0.65, 0.75)
    figure.savefig(file, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--steps", type=int, default=600)
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    series = mackey_glass(2500)
    training, held_out = series[:2000], series[2000:]
    params, losses = train(initial_params(rng), training, options.steps, rng)

    truth = held_out[: WARM_UP + 1 + FREE]
    error = loss(params, held_out)
    persistence = np.mean(np.diff(held_out) ** 2)
    free = run_freely(params, held_out[: WARM_UP + 1])
    drift = np.abs(free - truth[WARM_UP + 1 :])
    print(f"squared error on held-out values: {error:.2e}")
    print(f"squared error of 'no change':     {persistence:.2e}")
    print(f"error after 20 own predictions:   {drift[:20].max():.3f}")
    assert error < persistence / 10
    plot(losses, persistence, truth, free, options.out / "rnn_scan.png")
    print(f"the picture is in {options.out}")


if __name__ == "__main__":
    main()
