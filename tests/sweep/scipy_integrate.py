"""Calls of SciPy's integrals of samples."""

from . import Table

TABLE = Table(
    ours="fgrad.scipy.integrate",
    calls="""
trapezoid(V) trapezoid(A,dx=.5,axis=0) trapezoid(V,UP) simpson(V) simpson(V,UP)
simpson(A) simpson(A,axis=0) simpson(A,UP[:4]) simpson(V[:2]) simpson(A,dx=.5,axis=-2)
cumulative_trapezoid(V) cumulative_trapezoid(A,axis=0,initial=0)
cumulative_trapezoid(V,UP) cumulative_trapezoid(A,dx=.1) simpson(QV) trapezoid(FV)
""",
    coarse=("simpson", "cumulative", "trapezoid"),
)
