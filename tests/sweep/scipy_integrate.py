"""Calls of SciPy's integrals of samples."""

import numpy as np

from . import Table

TABLE = Table(
    ours="fgrad.scipy.integrate",
    calls="""
trapezoid(V) trapezoid(A,dx=.5,axis=0) trapezoid(V,UP) simpson(V) simpson(V,UP)
simpson(A) simpson(A,axis=0) simpson(A,UP[:4]) simpson(V[:2]) simpson(A,dx=.5,axis=-2)
cumulative_trapezoid(V) cumulative_trapezoid(A,axis=0,initial=0)
cumulative_trapezoid(V,UP) cumulative_trapezoid(A,dx=.1) simpson(QV) trapezoid(FV)
odeint(decay,V,TIMES,P) odeint(decay,ONE,TIMES*SCALAR,2.0,rtol=1e-6)
odeint(swing,(V[:2],W[:2]),TIMES)[0]
""",
    coarse=("simpson", "cumulative", "trapezoid"),
    names={
        "TIMES": np.array([0.0, 0.5, 0.7]),
        "decay": lambda y, t, rate: -rate * y + t,
        "swing": lambda y, t: (y[1], -np.sin(y[0])),
    },
)
