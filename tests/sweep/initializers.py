"""Calls of fgrad.nn.initializers, as functions of their scales."""

import numpy as np

from . import Table

TABLE = Table(
    ours="fgrad.nn.initializers",
    calls="""
constant(V)(None,(2,5)) constant(SCALAR)(None,(3,)) constant(NONE)(None,(2,0,3))
uniform(V[0])(k,(2,3)) uniform(SCALAR)(k,()) normal(V[0])(k,(2,3)) normal(P[1])(k,(0,))
truncated_normal(V[0])(k,(4,)) truncated_normal(V[0],float,-P[0],P[1])(k,(4,))
variance_scaling(P[0],"fan_in","normal")(k,(3,4))
variance_scaling(P[0],"fan_out","uniform")(k,(3,4))
variance_scaling(P[0],"fan_geo_avg","truncated_normal",(0,1),-1)(k,(2,3,4))
orthogonal(V[0])(k,(3,3)) orthogonal(V[0],0)(k,(5,2)) delta_orthogonal(V[0])(k,(3,2,4))
""",
    names={"k": np.uint64(7)},
)
