"""Calls of SciPy's interpolation on regular grids."""

from . import Table

TABLE = Table(
    ours="fgrad.scipy.interpolate",
    calls="""
RegularGridInterpolator((UP,),V)(UP[:4,None]+P[:4,None]/99)
RegularGridInterpolator((UP[:3],UP[:4]),A)(UP[:2,None]+P[:2]/99)
RegularGridInterpolator((UP[:3],UP[:4]),A,"nearest")(UP[:2,None]+P[:2]/99)
RegularGridInterpolator((UP[:3],),A,bounds_error=False,fill_value=None)(V[:,None]*9)
RegularGridInterpolator((UP[:3],),F,bounds_error=False,fill_value=2.)(V[:,None]*9)
""",
    by_value=("RegularGridInterpolator((UP,)", "RegularGridInterpolator((UP[:3],UP"),
)
