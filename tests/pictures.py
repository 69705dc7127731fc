"""The pictures of docs/seeing.md. `python -m tests.pictures` writes them."""

from pathlib import Path

import fgrad
from fgrad.graph import draw
from tests.graph_functions import (
    NEURON,
    RECURRENT,
    SQUARES,
    circuit,
    digits_arguments,
    digits_loss,
    neuron,
    product,
    recurrent,
    squares,
)

FOLDER = Path(__file__).parents[1] / "docs" / "images"


def pictures():
    """Return the drawings by the names of their files."""
    return {
        "neuron.svg": draw(neuron)(*NEURON),
        "circuit_product.svg": draw(product)(-2.0, 5.0, -4.0),
        "circuit_sigmoid.svg": draw(circuit)(2.0, -1.0, -3.0, -2.0, -3.0),
        "circuit_squares.svg": draw(squares)(*SQUARES),
        "digits.svg": draw(digits_loss, direction="TB")(*digits_arguments()),
        "scan.svg": draw(fgrad.jit(recurrent), depth=2, direction="TB")(*RECURRENT),
    }


if __name__ == "__main__":
    for name, drawing in pictures().items():
        drawing.save(FOLDER / name)
