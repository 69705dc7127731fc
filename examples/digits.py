"""Train a small neural network to read handwritten digits, in plain NumPy.

The data are the 1797 pictures (8 x 8 pixels) that come with scikit-learn. The model
is a multilayer perceptron whose parameters are a dictionary of arrays; its loss is an
ordinary NumPy function; `jit(value_and_grad(loss))` is all that fgrad adds. After the
training the jitted forward pass reads the test pictures.

Two pictures are written: the loss of each epoch, and test pictures with what the
network read in them, right and wrong.

Run it: python examples/digits.py --epochs 30 --out examples/out
"""

import argparse
from itertools import pairwise
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files; no screen is needed

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from tqdm import tqdm

import fgrad

CLASSES = 10
HIDDEN = 64
BATCH = 32
LEARNING_RATE = 0.05
MOMENTUM = 0.9
TRAIN_SIZE = 1437  # the other 360 pictures are for the test


def load_data():
    """Return (pictures, labels) for training and for the test, always split alike."""
    digits = load_digits()
    pictures = digits.data / 16.0
    order = np.random.default_rng(0).permutation(len(pictures))
    train, test = order[:TRAIN_SIZE], order[TRAIN_SIZE:]
    labels = digits.target
    return (pictures[train], labels[train]), (pictures[test], labels[test])


def init_params(rng, sizes):
    """Draw one (weight, bias) pair for each layer; scaled for ReLU (He et al. 2015)."""
    params = {}
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        params[f"w{i}"] = rng.normal(size=(n_in, n_out)) * np.sqrt(2 / n_in)
        params[f"b{i}"] = np.zeros(n_out)
    return params


def forward(params, x):
    """Return the logits, (batch, classes), of pictures x, (batch, pixels)."""
    x = np.maximum(x @ params["w0"] + params["b0"], 0)
    x = np.maximum(x @ params["w1"] + params["b1"], 0)
    return x @ params["w2"] + params["b2"]


def loss(params, x, targets):
    """Return the mean cross entropy; targets are one-hot rows."""
    logits = forward(params, x)
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(np.sum(targets * (shifted - log_total), axis=1))


def batches(rng, n):
    """Yield the indices of each full minibatch of one epoch, in random order."""
    order = rng.permutation(n)
    for start in range(0, n - BATCH + 1, BATCH):
        yield order[start : start + BATCH]


def accuracy(predict, params, pictures, labels):
    return np.mean(np.argmax(predict(params, pictures), axis=1) == labels)


def train(params, train_set, test_set, epochs):
    """Run SGD with momentum; return the parameters and each epoch's mean loss."""
    step = fgrad.jit(fgrad.value_and_grad(loss))
    predict = fgrad.jit(forward)
    pictures, labels = train_set
    targets = np.eye(CLASSES)[labels]
    rng = np.random.default_rng(1)
    velocity = {name: np.zeros_like(value) for name, value in params.items()}
    history = []
    for epoch in (bar := tqdm(range(1, epochs + 1), unit="epoch")):
        losses = []
        for rows in batches(rng, len(pictures)):
            value, grads = step(params, pictures[rows], targets[rows])
            velocity = {
                k: MOMENTUM * velocity[k] - LEARNING_RATE * grads[k] for k in params
            }
            params = {k: params[k] + velocity[k] for k in params}
            losses.append(value)
        history.append(np.mean(losses))
        bar.set_postfix(loss=f"{history[-1]:.4f}")
        if epoch % 5 == 0 or epoch in (1, epochs):
            score = accuracy(predict, params, *test_set)
            tqdm.write(
                f"epoch {epoch:3d}  loss {history[-1]:.4f}  test accuracy {score:.2%}"
            )
    return params, history


def plot_loss(history, path):
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.semilogy(range(1, len(history) + 1), history, marker=".")
    axes.set(xlabel="epoch", ylabel="mean cross entropy", title="Training loss")
    axes.grid(alpha=0.3, which="both")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def plot_predictions(pictures, labels, predicted, path, columns=8):
    """Draw a row of wrong predictions (in red) below two rows of right ones."""
    right = np.flatnonzero(predicted == labels)[: 2 * columns]
    wrong = np.flatnonzero(predicted != labels)[:columns]
    figure, axes = plt.subplots(
        3, columns, figsize=(columns, 4.2), layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, i in zip(axes.flat, [*right, *wrong], strict=False):
        axis.imshow(pictures[i].reshape(8, 8), cmap="gray_r")
        is_right = predicted[i] == labels[i]
        text = f"{predicted[i]}" if is_right else f"{predicted[i]}, is {labels[i]}"
        axis.set_title(text, color="tab:green" if is_right else "tab:red", fontsize=10)
    figure.suptitle("What the network read: right (green) and wrong (red)")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args(argv)


def main(argv=None):
    options = parse(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    train_set, test_set = load_data()
    sizes = (train_set[0].shape[1], HIDDEN, HIDDEN, CLASSES)
    params = init_params(np.random.default_rng(2), sizes)
    params, history = train(params, train_set, test_set, options.epochs)

    pictures, labels = test_set
    predicted = np.argmax(fgrad.jit(forward)(params, pictures), axis=1)
    score = np.mean(predicted == labels)
    print(f"{np.sum(predicted == labels)} of {len(labels)} test pictures read right")
    plot_loss(history, options.out / "digits_loss.png")
    plot_predictions(
        pictures, labels, predicted, options.out / "digits_predictions.png"
    )
    print(f"pictures are in {options.out}")
    assert history[-1] < history[0], "training must lower the loss"
    assert score > 0.95 or options.epochs < 10, f"test accuracy is only {score:.2%}"


if __name__ == "__main__":
    main()
