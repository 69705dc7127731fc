"""The definitions that many programs do not need: imported when one is looked up."""

from . import bits as bits
from . import calculus as calculus
from . import domains as domains
from . import grids as grids
from . import histograms as histograms
from . import linalg as linalg
from . import mapping as mapping
from . import nan_reductions as nan_reductions
from . import padding as padding
from . import polynomials as polynomials
from . import quantiles as quantiles
from . import sets as sets
from . import statistics as statistics
from . import windows as windows
