"""A convolutional network on small images, channels last."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .networks import cross_entropy
from .peers import Buffers, Library, fresh, runners
from .timing import Runner
from .workload import Workload

PARAMS = (0, 1, 2)
LAYOUT = ("NHWC", "HWIO", "NHWC")


def data(batch: int, side: int, channels: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Return two kernels and a matrix, images, and their labels as rows."""
    rng = np.random.default_rng(0)
    one, two = channels
    flat = (side // 4) ** 2 * two
    k1, k2 = rng.normal(size=(3, 3, 1, one)) / 3, rng.normal(size=(3, 3, one, two)) / 12
    w, x = rng.normal(size=(flat, 10)) / flat**0.5, rng.normal(size=(batch, side, side))
    return k1, k2, w, x[..., None], np.eye(10)[rng.integers(0, 10, batch)]


def program(lib: Library) -> Any:
    np, lax = lib.np, lib.lax
    largest = getattr(lax, "max", np.maximum)  # JAX differentiates its own name only

    def layer(x: Any, kernel: Any) -> Any:
        x = lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT
        )
        x = np.maximum(x, 0)
        window = (1, 2, 2, 1)
        return lax.reduce_window(x, -np.inf, largest, window, window, "VALID")

    def loss(k1: Any, k2: Any, w: Any, x: Any, target: Any) -> Any:
        x = layer(layer(x, k1), k2)
        z = np.reshape(x, (len(x), -1)) @ w
        return cross_entropy(np, z, target)

    return lib.jit(lib.value_and_grad(loss, PARAMS))


# -- by hand ---------------------------------------------------------------------------


class Network:
    """The network by hand: a gather of windows and one product per convolution.

    ``give(name, shape)`` returns the memory for a value: fresh, or a buffer.
    """

    def __init__(self, give: Any) -> None:
        self.give = give

    def run(self, k1: Any, k2: Any, w: Any, x: Any, target: Any) -> Any:
        cols1, y1, p1 = self.layer("1", x, k1)
        cols2, y2, p2 = self.layer("2", p1, k2)
        n, give = len(x), self.give
        flat = p2.reshape(n, -1)
        z = np.matmul(flat, w, give("z", target.shape))
        np.subtract(z, z.max(1, keepdims=True), z)
        e = np.exp(z, give("e", z.shape))
        total = e.sum(1, keepdims=True)
        value = (np.log(total).sum() - np.vdot(target, z)) / n
        np.divide(e, total, e)
        np.subtract(e, target, e)
        np.divide(e, n, e)
        dw = np.matmul(flat.T, e, give("dw", w.shape))
        dp2 = np.matmul(e, w.T, give("dp2", flat.shape)).reshape(p2.shape)
        dy2 = self.unpool("2", dp2, y2, p2)
        dk2 = np.matmul(cols2.T, dy2, give("dk2", (cols2.shape[1], k2.shape[-1])))
        dp1 = self.images(dy2, k2, p1.shape)
        dy1 = self.unpool("1", dp1, y1, p1)
        dk1 = np.matmul(cols1.T, dy1, give("dk1", (cols1.shape[1], k1.shape[-1])))
        return value, (dk1.reshape(k1.shape), dk2.reshape(k2.shape), dw)

    def layer(self, name: str, x: Any, kernel: Any) -> tuple[Any, Any, Any]:
        """Return the windows as rows, the convolution, and what is left after it.

        The largest of four and then relu is relu and then the largest, and cheaper.
        """
        n, height, width, channels = x.shape
        padded = self.give(f"padded{name}", (n, height + 2, width + 2, channels))
        padded[:, 0] = padded[:, -1] = padded[:, :, 0] = padded[:, :, -1] = 0
        padded[:, 1:-1, 1:-1] = x
        windows = sliding_window_view(padded, (3, 3), (1, 2)).transpose(
            0, 1, 2, 4, 5, 3
        )
        cols = self.give(f"cols{name}", (x.size // channels, 9 * channels))
        np.copyto(cols.reshape(windows.shape), windows)
        y = self.give(f"y{name}", (n, height, width, kernel.shape[-1]))
        rows = y.reshape(-1, y.shape[-1])
        np.matmul(cols, kernel.reshape(-1, y.shape[-1]), rows)
        p = self.give(f"p{name}", (n, height // 2, width // 2, y.shape[-1]))
        a, b, c, d = quarters(y)
        np.maximum(a, b, out=p)
        np.maximum(p, c, out=p)
        np.maximum(p, d, out=p)
        np.maximum(p, 0, out=p)
        return cols, y, p

    def unpool(self, name: str, dp: Any, y: Any, p: Any) -> Any:
        """Return the derivative by the convolution, as rows."""
        np.multiply(dp, p > 0, dp)
        dy = self.give(f"dy{name}", y.shape)
        for part, found in zip(quarters(dy), quarters(y)):
            np.multiply(dp, found == p, part)
        return dy.reshape(-1, dy.shape[-1])

    def images(self, dy: Any, kernel: Any, shape: Any) -> Any:
        """Return the derivative by the input: each window's share, added up."""
        n, height, width, channels = shape
        dcols = self.give("dcols", (len(dy), 9 * channels))
        np.matmul(dy, kernel.reshape(-1, kernel.shape[-1]).T, dcols)
        dpadded = self.give("dpadded", (n, height + 2, width + 2, channels))
        dpadded.fill(0)
        shares = dcols.reshape(n, height, width, 3, 3, channels)
        for i in range(3):
            for j in range(3):
                dpadded[:, i : i + height, j : j + width] += shares[:, :, :, i, j]
        return dpadded[:, 1:-1, 1:-1]


def quarters(x: np.ndarray) -> list[np.ndarray]:
    """Return the four views that hold a corner each of all 2 by 2 windows."""
    return [x[:, i::2, j::2] for i in range(2) for j in range(2)]


def cnn(**size: Any) -> dict[str, Runner]:
    """Value and gradient of two convolutions with pooling, and a dense layer."""
    hand, hand_out = Network(fresh).run, Network(Buffers()).run
    return runners(program, data(**size), ("jax",), hand, lambda *args: hand_out)


WORKLOADS = [
    Workload(
        "cnn",
        cnn,
        {"batch": 32, "side": 28, "channels": (16, 32)},
        {"batch": 2, "side": 8, "channels": (2, 3)},
    )
]
