"""Calls of SciPy's iterative solvers of linear systems."""

from . import Table

TABLE = Table(
    ours="fgrad.scipy.sparse.linalg",
    calls="""
cg(D,V[:3],tol=1e-13)[0] cg(scaled(P),V,tol=1e-13)[0] cg(D,S[0],x0=V[:3],tol=1e-13)[0]
cg(ONE**2,V[:1],tol=1e-13)[0] cg(D,BACK[:3],M=scaled(P[:3]),tol=1e-13)[0]
bicgstab(S,V[:3],tol=1e-13)[0] bicgstab(scaled(P),V,V*P,tol=1e-13)[0]
gmres(S,V[:3],tol=1e-13)[0] gmres(scaled(P),V,restart=5,tol=1e-13)[0]
gmres(ONE,ONE[0],tol=1e-13)[0]
""",
    names={"scaled": lambda p: lambda x: x * p},
)
