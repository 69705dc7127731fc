"""Seeing differentiation: graphs, tables of the chain rule, programs side by side.

>>> import fgrad.graph
>>> print(fgrad.graph.draw(lambda x: x * x)(3.0).mermaid())
flowchart LR
  n0["x"]
  n1(("×"))
  n2>"output"]
  n0 -->|"3<br>∇ 3"| n1
  n0 -->|"3<br>∇ 3"| n1
  n1 -->|"9<br>∇ 1"| n2
<BLANKLINE>
"""

from .drawing import Drawing, draw
from .explaining import Explanation, explain
from .programs import Programs, backward_program

__all__ = [
    "Drawing",
    "Explanation",
    "Programs",
    "backward_program",
    "draw",
    "explain",
]
