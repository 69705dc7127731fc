"""Distributions: formulas of the standard form, and what follows from them for all.

A formula is only evaluated inside of the support; elsewhere it gets a point of the
support instead, and the result is selected. So nothing outside is nan, and gradients
there are zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ...ops.elementwise import exp, floor, log, log1p, where
from ..exponential_sums import floating

Formula = Callable[..., Any]
LN2 = float(np.log(2.0))


def log_probability(p: Any) -> Any:
    """Return the logarithm of what may underflow: of 0 it is -inf, with no slope."""
    some = p > 0
    return where(some, log(where(some, p, 1)), -np.inf)


def _zero(value: Any) -> bool:
    return type(value) in (int, float) and value == 0


def _one(value: Any) -> bool:
    return type(value) in (int, float) and value == 1


@dataclass(frozen=True)
class Distribution:
    """What distributions on numbers share: names of arguments, and refusals.

    ``shapes`` names the parameters besides ``loc`` (and ``scale``), ``valid`` says for
    which of their values there is a distribution: elsewhere all results are nan.
    """

    name: str
    shapes: tuple[str, ...] = ()
    valid: Formula = lambda *shapes: True
    cumulative: Formula | None = None
    survival: Formula | None = None
    log_cumulative: Formula | None = None
    log_survival: Formula | None = None
    quantile: Formula | None = None
    upper_quantile: Formula | None = None

    def _bound(self, function: str, args: Any, kwargs: Any, scaled: bool) -> Any:
        """Return shapes, loc and scale from the arguments of a call."""
        names = (*self.shapes, "loc", "scale") if scaled else (*self.shapes, "loc")
        given = dict(zip(names, args))
        wrong = [k for k in kwargs if k not in names or k in given]
        values = {"loc": 0, "scale": 1, **given, **kwargs}
        missing = [k for k in names if k not in values]
        if wrong or missing or len(args) > len(names):
            text = ", ".join(["x", *self.shapes, *("loc=0", "scale=1")[: 1 + scaled]])
            said = f"no value for {missing}" if missing else "too many arguments"
            said = f"an unknown or repeated argument {wrong}" if wrong else said
            raise TypeError(f"{self.name}.{function} takes ({text}): got {said}")
        shapes = [floating(values[k]) for k in self.shapes]
        loc, scale = values["loc"], values["scale"]
        return (
            shapes,
            loc if _zero(loc) else floating(loc),
            scale if _one(scale) else floating(scale),
        )

    def _refuse(self, function: str) -> NoReturn:
        raise NotImplementedError(
            f"fgrad.scipy.stats.{self.name}.{function} has no definition: on plain "
            f"arrays, call scipy.stats.{self.name}.{function}"
        )

    def _either(self, direct: Formula | None, other: Formula | None, name: str) -> Any:
        """Return a formula, or that of one less the other."""
        if direct is not None:
            return direct
        if other is None:
            self._refuse(name)
        return lambda *args: 1.0 - other(*args)

    def _log_either(self, direct: Any, own: Any, other: Any, name: str) -> Formula:
        """Return a logarithm: given, or of the smaller of two tails."""
        if direct is not None:
            return direct
        mine, yours = self._either(own, other, name), self._either(other, own, name)

        def formula(*args: Any) -> Any:
            p, q = mine(*args), yours(*args)
            small = p < 0.5
            rest = where(small, 0.0, q)
            return where(small, log_probability(where(small, p, 1)), log1p(-rest))

        return formula


@dataclass(frozen=True)
class Continuous(Distribution):
    """A continuous distribution with a location and a scale.

    ``log_density`` and the other formulas are functions of ``(y, *shapes)`` with
    ``y = (x - loc) / scale``; ``support`` gives the ends, ``centre`` a point within.
    ``pole`` is positive where the density is infinite, negative where it is 0 in the
    support (at its ends), else 0: a log-density that is infinite has no slope.

    >>> from fgrad.scipy import stats
    >>> stats.norm.cdf(3.0, loc=1.0, scale=2.0).round(4)
    np.float64(0.8413)
    """

    log_density: Formula = lambda y, *shapes: y
    support: Formula = lambda *shapes: (-np.inf, np.inf)
    centre: Formula = lambda *shapes: 0.5
    pole: Formula | None = None

    def _standard(self, name: str, x: Any, args: Any, kwargs: Any) -> Any:
        shapes, loc, scale = self._bound(name, args, kwargs, True)
        y = floating(x)
        y = y if _zero(loc) else y - loc
        y = y if _one(scale) else y / scale
        valid = self.valid(*shapes)
        return y, shapes, scale, valid if _one(scale) else valid & (scale > 0)

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the density; -inf outside of the support."""
        y, shapes, scale, valid = self._standard("logpdf", x, args, kwargs)
        low, high = self.support(*shapes)
        inside = (y >= low) & (y <= high)
        y_in = where(inside, y, self.centre(*shapes))
        power = self.pole(y_in, *shapes) if self.pole else None
        if power is not None:
            y_in = where(power == 0, y_in, self.centre(*shapes))
        value = self.log_density(y_in, *shapes)
        value = value if _one(scale) else value - log(where(scale > 0, scale, 1))
        if power is not None:
            value = where(power > 0, np.inf, where(power < 0, -np.inf, value))
        value = where(inside, value, -np.inf)
        return _chosen(valid, where(y != y, np.nan, value))

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the density."""
        return exp(self.logpdf(x, *args, **kwargs))

    def _tail(self, name: str, ends: Any, formula: Any, x: Any, args: Any, kwargs: Any):
        y, shapes, _, valid = self._standard(name, x, args, kwargs)
        low, high = self.support(*shapes)
        inside = (y > low) & (y < high)
        value = formula(where(inside, y, self.centre(*shapes)), *shapes)
        value = where(y <= low, ends[0], where(y >= high, ends[1], value))
        return _chosen(valid, where(y != y, np.nan, value))

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of at most ``x``."""
        formula = self._either(self.cumulative, self.survival, "cdf")
        return self._tail("cdf", (0.0, 1.0), formula, x, args, kwargs)

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of more than ``x``."""
        formula = self._either(self.survival, self.cumulative, "sf")
        return self._tail("sf", (1.0, 0.0), formula, x, args, kwargs)

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of `cdf`."""
        mine = self.log_cumulative, self.cumulative, self.survival
        formula = self._log_either(*mine, "logcdf")
        return self._tail("logcdf", (-np.inf, 0.0), formula, x, args, kwargs)

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of `sf`."""
        mine = self.log_survival, self.survival, self.cumulative
        formula = self._log_either(*mine, "logsf")
        return self._tail("logsf", (0.0, -np.inf), formula, x, args, kwargs)

    def _inverse(self, name: str, formula: Any, flip: bool, q: Any, args: Any, kw: Any):
        shapes, loc, scale = self._bound(name, args, kw, True)
        q = floating(q)
        inside = (q > 0) & (q < 1)
        y = formula(where(inside, q, 0.5), *shapes)
        low, high = self.support(*shapes)[:: -1 if flip else 1]
        y = where(q == 0, low, where(q == 1, high, where(inside, y, np.nan)))
        valid = self.valid(*shapes)
        if not _one(scale):
            y, valid = y * scale, valid & (scale > 0)
        return _chosen(valid, y if _zero(loc) else y + loc)

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the inverse of `cdf`; nan outside of 0 to 1."""
        upper = self.upper_quantile
        formula = self.quantile or (upper and (lambda q, *s: upper(1.0 - q, *s)))
        return self._inverse(
            "ppf", formula or self._refuse("ppf"), False, q, args, kwargs
        )

    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the inverse of `sf`; nan outside of 0 to 1."""
        lower = self.quantile
        formula = self.upper_quantile or (lower and (lambda q, *s: lower(1.0 - q, *s)))
        return self._inverse(
            "isf", formula or self._refuse("isf"), True, q, args, kwargs
        )


@dataclass(frozen=True)
class Discrete(Distribution):
    """A distribution on integers with a location.

    Formulas are functions of ``(k, *shapes)``, with ``k`` an integer of the support,
    which begins at ``first`` and ends with ``last(*shapes)``.

    >>> from fgrad.scipy import stats
    >>> stats.poisson.pmf(2, 1.5).round(4)
    np.float64(0.251)
    """

    log_mass: Formula = lambda k, *shapes: k
    first: int = 0
    last: Formula = lambda *shapes: np.inf

    def _standard(self, name: str, k: Any, args: Any, kwargs: Any) -> Any:
        shapes, loc, _ = self._bound(name, args, kwargs, False)
        k = floating(k)
        return k if _zero(loc) else k - loc, shapes, self.valid(*shapes)

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the probability of ``k``; -inf if there is none."""
        k, shapes, valid = self._standard("logpmf", k, args, kwargs)
        inside = (k >= self.first) & (k <= self.last(*shapes)) & (k == floor(k))
        value = self.log_mass(where(inside, k, self.first), *shapes)
        value = where(inside, value, -np.inf)
        return _chosen(valid, where(k != k, np.nan, value))

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of ``k``."""
        return exp(self.logpmf(k, *args, **kwargs))

    def _tail(self, name: str, ends: Any, formula: Any, k: Any, args: Any, kwargs: Any):
        k, shapes, valid = self._standard(name, k, args, kwargs)
        k = floor(k)
        last = self.last(*shapes)
        inside = (k >= self.first) & (k < last)
        value = formula(where(inside, k, self.first), *shapes)
        value = where(k < self.first, ends[0], where(k >= last, ends[1], value))
        return _chosen(valid, where(k != k, np.nan, value))

    def cdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of at most ``k``."""
        formula = self._either(self.cumulative, self.survival, "cdf")
        return self._tail("cdf", (0.0, 1.0), formula, k, args, kwargs)

    def sf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of more than ``k``."""
        formula = self._either(self.survival, self.cumulative, "sf")
        return self._tail("sf", (1.0, 0.0), formula, k, args, kwargs)

    def logcdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of `cdf`."""
        mine = self.log_cumulative, self.cumulative, self.survival
        formula = self._log_either(*mine, "logcdf")
        return self._tail("logcdf", (-np.inf, 0.0), formula, k, args, kwargs)

    def logsf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of `sf`."""
        mine = self.log_survival, self.survival, self.cumulative
        formula = self._log_either(*mine, "logsf")
        return self._tail("logsf", (0.0, -np.inf), formula, k, args, kwargs)

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the least number whose `cdf` is ``q`` or more."""
        shapes, loc, _ = self._bound("ppf", args, kwargs, False)
        q = floating(q)
        inside = (q > 0) & (q < 1)
        formula = self.quantile or self._refuse("ppf")
        k = formula(where(inside, q, 0.5), *shapes)
        k = where(q == 1, self.last(*shapes), where(inside, k, np.nan))
        k = where(q == 0, self.first - 1.0, k)
        return _chosen(self.valid(*shapes), k if _zero(loc) else k + loc)


def _chosen(valid: Any, value: Any) -> Any:
    return value if valid is True else where(valid, value, np.nan)
