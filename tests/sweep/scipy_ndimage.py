"""Calls of SciPy's interpolation of images."""

import numpy as np

from . import Table

TABLE = Table(
    ours="fgrad.scipy.ndimage",
    calls="""
map_coordinates(A,[2*P,3*P],order=1) map_coordinates(A,[2*P,V],order=1,cval=2.)
map_coordinates(V,5*W[None],order=1,mode="nearest") map_coordinates(A,[L,K],order=0)
map_coordinates(V,9*W[None],order=1,mode="mirror") map_coordinates(V,[4*P],order=0)
map_coordinates(V,9*W[None],order=1,mode="reflect")
map_coordinates(V,9*W[None],order=1,mode="grid-wrap") map_coordinates(FV,[4*P],order=1)
map_coordinates(V,9*W[None],order=1,mode="wrap") map_coordinates(QV,[4*P],order=1)
map_coordinates(V,9*W[None],order=0,mode="mirror")
map_coordinates(V,9*W[None],order=0,mode="reflect")
map_coordinates(T,[0*P,2*P,3*P],order=1,mode="grid-mirror")
map_coordinates(TABLE2,[2*P,3*P],order=1)
""",
    coarse=("map",),
    names={"TABLE2": np.arange(12.0).reshape(3, 4), "L": np.array([0.0, 1.0, 1.2])},
)
