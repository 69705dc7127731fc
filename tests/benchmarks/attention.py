"""A transformer block: attention, two layers, their normalisations."""

from __future__ import annotations

from typing import Any

import numpy as np

from .options import A, C
from .peers import Buffers, Library, fresh, runners
from .timing import Runner
from .workload import Workload

SIZE = {"batch": 8, "length": 64, "width": 128, "heads": 4}


def data(batch: int, length: int, width: int, heads: int) -> tuple[np.ndarray, ...]:
    """Return the weights of a block, and a batch whose last two axes are the heads'."""
    rng = np.random.default_rng(0)

    def weight(*shape: int) -> np.ndarray:
        return rng.normal(size=shape) / shape[0] ** 0.5

    qkv, out = weight(width, 3 * width), weight(width, width)
    up, down = weight(width, 4 * width), weight(4 * width, width)
    g1, g2 = 1 + rng.normal(size=(2, width)) / 9
    x = rng.normal(size=(batch, length, width))
    return g1, qkv, out, g2, up, down, x


PARAMS = (0, 1, 2, 3, 4, 5)


def program_of(heads: int) -> Any:
    """Return the program of a block with that many heads."""

    def program(lib: Library) -> Any:
        np = lib.np

        def normalise(x: Any) -> Any:
            x = x - np.mean(x, axis=-1, keepdims=True)
            return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-5)

        def attend(x: Any, qkv: Any) -> Any:
            split = np.reshape(x @ qkv, (*x.shape[:2], 3, heads, -1))
            q, k, v = np.transpose(split, (2, 0, 3, 1, 4))
            scores = q @ np.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5
            e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
            mixed = e / np.sum(e, axis=-1, keepdims=True) @ v
            return np.reshape(np.transpose(mixed, (0, 2, 1, 3)), x.shape)

        def gelu(x: Any) -> Any:
            return 0.5 * x * (1 + np.tanh(C * (x + A * x * x * x)))

        def loss(g1: Any, qkv: Any, out: Any, g2: Any, up: Any, down: Any, x: Any):
            x = x + attend(normalise(x) * g1, qkv) @ out
            x = x + gelu((normalise(x) * g2) @ up) @ down
            return np.sum(x**2) / 2

        return lib.jit(lib.grad(loss, PARAMS))

    return program


class Block:
    """The block by hand: its forward pass, and its backward pass from what it kept.

    ``give(name, shape)`` returns the memory for a value: fresh, or a buffer.
    """

    def __init__(self, heads: int, give: Any) -> None:
        self.heads = heads
        self.give = give

    def run(
        self, g1: Any, qkv: Any, out: Any, g2: Any, up: Any, down: Any, x: Any
    ) -> Any:
        shape, (width, wide) = x.shape, up.shape
        x = x.reshape(-1, width)
        give, rows = self.give, len(x)
        n1, _ = self.normalise("n1", x)
        a1 = np.multiply(n1, g1, give("a1", n1.shape))
        packed = np.matmul(a1, qkv, give("packed", (rows, 3 * width)))
        mixed, kept = self.attend(packed, shape)
        y = np.matmul(mixed, out, give("y", x.shape))
        np.add(y, x, y)
        n2, scale2 = self.normalise("n2", y)
        a2 = np.multiply(n2, g2, give("a2", n2.shape))
        h = np.matmul(a2, up, give("h", (rows, wide)))
        active, slope = self.gelu(h)
        z = np.matmul(active, down, give("z", x.shape))
        np.add(z, y, z)  # also the derivative of the loss by it

        ddown = np.matmul(active.T, z, give("ddown", down.shape))
        dh = np.matmul(z, down.T, active)
        np.multiply(dh, slope, dh)
        dup = np.matmul(a2.T, dh, give("dup", up.shape))
        da2 = np.matmul(dh, up.T, a2)
        dg2 = np.einsum("ij,ij->j", da2, n2)
        np.add(z, self.normalise_back(np.multiply(da2, g2, da2), n2, scale2), z)
        dout = np.matmul(mixed.T, z, give("dout", out.shape))
        dmixed = np.matmul(z, out.T, mixed)
        dpacked = self.attend_back(dmixed, kept, shape)
        dqkv = np.matmul(a1.T, dpacked, give("dqkv", qkv.shape))
        da1 = np.matmul(dpacked, qkv.T, a1)
        return np.einsum("ij,ij->j", da1, n1), dqkv, dout, dg2, dup, ddown

    def normalise(self, name: str, x: Any) -> tuple[Any, Any]:
        """Return rows of mean 0 and variance 1, and what they were divided by."""
        n = np.subtract(x, x.mean(1, keepdims=True), self.give(name, x.shape))
        scale = np.einsum("ij,ij->i", n, n)[:, None]
        scale /= x.shape[1]
        scale += 1e-5
        np.sqrt(scale, scale)
        return np.divide(n, scale, n), scale

    def normalise_back(self, d: Any, n: Any, scale: Any) -> Any:
        """Return the derivative by rows before ``normalise``, in place of ``d``."""
        along = np.einsum("ij,ij->i", d, n)[:, None] / n.shape[1]
        np.subtract(d, d.mean(1, keepdims=True), d)
        np.subtract(d, np.multiply(n, along, n), d)
        return np.divide(d, scale, d)

    def attend(self, packed: Any, shape: Any) -> tuple[Any, Any]:
        """Return the heads' mixtures as rows, and what the way back needs."""
        batch, length, width = shape
        heads = packed.reshape(batch, length, 3, self.heads, -1)
        q, k, v = heads.transpose(2, 0, 3, 1, 4)
        scores = self.give("scores", (batch, self.heads, length, length))
        np.matmul(q, k.swapaxes(-1, -2), scores)
        np.multiply(scores, q.shape[-1] ** -0.5, scores)
        np.subtract(scores, scores.max(-1, keepdims=True), scores)
        np.exp(scores, scores)
        np.divide(scores, scores.sum(-1, keepdims=True), scores)
        mixed = self.give("mixed", (batch * length, width))
        by_head = mixed.reshape(batch, length, self.heads, -1).swapaxes(1, 2)
        np.matmul(scores, v, by_head)
        return mixed, (q, k, v, scores)

    def attend_back(self, dmixed: Any, kept: Any, shape: Any) -> Any:
        """Return the derivative by the packed queries, keys and values."""
        q, k, v, p = kept
        batch, length, width = shape
        d = dmixed.reshape(batch, length, self.heads, -1).swapaxes(1, 2)
        dpacked = self.give("dpacked", (batch * length, 3 * width))
        split = dpacked.reshape(batch, length, 3, self.heads, -1)
        dq, dk, dv = split.transpose(2, 0, 3, 1, 4)
        np.matmul(p.swapaxes(-1, -2), d, dv)
        dp = np.matmul(d, v.swapaxes(-1, -2), self.give("dp", p.shape))
        along = np.einsum("bhij,bhij->bhi", dp, p)[..., None]
        np.subtract(dp, along, dp)
        np.multiply(dp, p, dp)
        np.multiply(dp, q.shape[-1] ** -0.5, dp)
        np.matmul(dp, k, dq)
        np.matmul(dp.swapaxes(-1, -2), q, dk)
        return dpacked

    def gelu(self, x: Any) -> tuple[Any, Any]:
        """Return the activation (in place of ``x``) and its slope."""
        u, th = self.give("u", x.shape), self.give("th", x.shape)
        slope = self.give("slope", x.shape)
        np.multiply(x, x, u)
        np.multiply(u, A * C, th)
        np.add(th, C, th)
        np.multiply(th, x, th)
        np.tanh(th, th)
        np.multiply(u, 1.5 * A * C, u)
        np.add(u, 0.5 * C, u)
        np.multiply(u, x, u)
        np.multiply(th, th, slope)
        np.subtract(1, slope, slope)
        np.multiply(slope, u, slope)
        np.add(th, 1, th)
        np.multiply(th, 0.5, th)
        np.add(slope, th, slope)
        return np.multiply(x, th, x), slope


def attention(**size: int) -> dict[str, Runner]:
    """Gradient of a transformer block."""
    heads = size["heads"]
    hand_out = Block(heads, Buffers()).run
    return runners(
        program_of(heads),
        data(**size),
        ("jax", "autograd"),
        Block(heads, fresh).run,
        lambda *args: hand_out,
    )


TINY = {"batch": 2, "length": 3, "width": 8, "heads": 2}
WORKLOADS = [Workload("attention", attention, SIZE, TINY)]
