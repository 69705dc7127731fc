"""The arrays that the calls of the tables name: ordinary and awkward ones.

``V W`` vectors, ``P`` positive below one, ``A B`` matrices, ``C`` a matrix with the
other shape, ``T`` three axes, ``S S3`` invertible and ``D D3`` positive definite
matrices, ``UP`` increasing, ``Q`` complex, ``QV`` a complex vector, ``QS`` an
invertible complex matrix, ``NAN`` with nans, ``F FV FS`` float32, ``ODD`` neither
contiguous nor in C order, ``BACK`` with a negative stride, ``ONE`` of one element,
``NONE`` empty, ``SCALAR`` of no axes, ``TIES`` with equal elements, ``TURNED`` a matrix
in Fortran's order with gaps. Not differentiated are ``MASK`` and the integers ``K``
(indices below 3) and ``N`` (small counts).
"""

import numpy as np

rng = np.random.default_rng(0)
V = rng.normal(size=5)
W = rng.normal(size=5)
P = rng.uniform(0.2, 0.8, size=5)
A = rng.normal(size=(3, 4))
B = rng.normal(size=(3, 4))
C = rng.normal(size=(4, 2))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
T = rng.normal(size=(2, 3, 4))
S3 = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3)
D = S @ S.T
D3 = S3 @ S3.mT
UP = np.sort(rng.normal(size=5))
MASK = A > 0
NAN = np.where(B > 0.5, np.nan, A)
ODD = (rng.normal(size=(6, 4))[::2]).T
BACK = rng.normal(size=5)[::-1]
Q = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
QV = rng.normal(size=5) + 1j * rng.normal(size=5)
QS = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)) + 3 * np.eye(3)
F = rng.normal(size=(3, 4)).astype(np.float32)
FV = rng.uniform(0.2, 0.8, size=5).astype(np.float32)
FS = S.astype(np.float32)
ONE = rng.normal(size=(1, 1))
NONE = np.zeros((0, 3))
SCALAR = np.array(0.7)
TIES = np.array([2.0, 1.0, 2.0, 1.0, 2.0])
K = np.array([1, 0, 2])
N = np.array([3, 1, 4, 1, 5])
TURNED = rng.normal(size=(4, 6))[:, ::2].T
