"""Elementwise primitives: NumPy's ufuncs, with NumPy's broadcasting and promotion."""

from __future__ import annotations

import operator
from math import factorial

import numpy as np

from ..core import Aval, aval_of, broadcast_shapes, dtype_of, promoted, shape_of
from . import selection
from .basic import astype, fit, real
from .families import binary, elementwise, flat, ufunc_aval, unary, writing

LN2, LN10 = float(np.log(2.0)), float(np.log(10.0))

# -- arithmetic --------------------------------------------------------------------


def _divide(x, y):
    """Divide as NumPy does: Python scalars give inf and nan, not an exception."""
    try:
        return x / y
    except ZeroDivisionError:
        with np.errstate(all="ignore"):
            return np.divide(x, y).item()


def _power(x, y):
    """Raise to a power as NumPy does: Python scalars give nan and inf."""
    try:
        z = x**y
    except (ZeroDivisionError, OverflowError):
        z = None
    number = complex if complex in (type(x), type(y)) else float
    if z is None or (type(z) is complex and number is float):
        with np.errstate(all="ignore"):
            return np.power(number(x), number(y)).item()
    return z


def _power_x(ct, z, x, y):
    if type(y) in (int, float):
        if y == 2:
            return ct * 2 * x
        if y == 0:
            return 0.0
        term = ct * y * power(x, y - 1)
        return term if y >= 1 else unless_zero(ct, term)
    safe = where(y == 0, 1, y)
    less = safe - 1
    if aval_of(y).weak:  # a number is not to promote what it is the power of
        safe, less = astype(safe, dtype_of(z)), astype(less, dtype_of(z))
    return unless_zero(ct, where(y == 0, 0, ct * safe * power(x, less)))


def _power_y(ct, z, x, y):
    return ct * (z * log(where(x == 0, 1, _wide(x, z))))


def _power_into(names, out):
    """Write a power by a literal as ``**`` does: some have ufuncs of their own."""
    x, y = names
    try:
        own = {2: "square", 0.5: "sqrt", -1: "reciprocal"}.get(float(y.strip("()")))
    except ValueError:
        return ""
    return f"np.{own}({x}, out={out})" if own else f"np.power({x}, {y}, out={out})"


def _wide(x, z):
    return x if type(x) in (int, float) else astype(x, dtype_of(z))


def _div_y(ct, z, x, y):
    if shape_of(y) == shape_of(z):
        return fit(-over(ct, y) * z, y, z)  # the quotient is also that of the other
    return -over(fit(ct * z, y, z), y)


def over(c, x):
    """Divide a cotangent as NumPy does, also where both are Python numbers."""
    return div(c, x) if type(c) is float else c / x


safe_div = elementwise(
    "safe_div",
    impl=selection.safe_divide,
    abstract=lambda c, x: ufunc_aval(np.divide, _divide, c, x),
    rules=(
        lambda ct, z, c, x: safe_div(ct, x),
        lambda ct, z, c, x: safe_div(-(ct * z), x),
    ),
    into="{safe_divide}({0}, {1}, out={out})",
    emit="",
    over=None,
    uses=(selection.safe_divide,),
)
"""The quotient of a cotangent ``c``, and 0 where that is 0.

At a singular point the derivative is infinite. A cotangent of zero (of the unused
branch of ``where``) must stay zero there, not become ``0 / 0 = nan``.
"""


def _share_jvp(tangents, z, c, x, y, top):
    return 0.0 if tangents[0] is None else share_p(tangents[0], x, y, top)


share_p = elementwise(
    "share",
    impl=selection.chosen_part,
    abstract=lambda c, x, y, z: Aval(
        broadcast_shapes(c.shape, x.shape, y.shape, z.shape), c.dtype
    ),
    rules=(lambda ct, _, c, x, y, z: share_p(ct, x, y, z), None, None, None),
    jvp=_share_jvp,
    into="{chosen_part}({0}, {1}, {2}, {3}, out={out})",
    emit="",
    over=(),
    uses=(selection.chosen_part,),
)
"""What the operand ``x`` of a maximum or minimum ``z`` gets of a cotangent ``c``."""


def unless_zero(c, term):
    """Return ``term``, a rule's result, where the cotangent ``c`` is not zero.

    At a singular point the derivative is infinite. A cotangent of zero (of the unused
    branch of ``where``) must stay zero there, not become ``0 * inf = nan``.
    """
    if type(c) is np.ndarray:  # what the selection gives, without its cost
        if np.count_nonzero(c) == c.size:
            return term
    elif type(c) is float and c != 0:
        return term
    return where(c == 0, 0, term)


def _abs_vjp(ct, z, x):
    if dtype_of(x).kind == "c":
        return ct * conj(x) / where(z == 0, 1, z)
    return ct * sign(x)


def _abs_jvp(tangents, z, x):
    (t,) = tangents
    if dtype_of(x).kind == "c":
        return real(t * conj(x)) / where(z == 0, 1, z)
    return t * sign(x)


# fmt: off
add = binary("add", np.add, lambda c, z, x, y: c, lambda c, z, x, y: c,
             "({0} + {1})", operator.add, linear=True)
sub = binary("sub", np.subtract, lambda c, z, x, y: c, lambda c, z, x, y: -c,
             "({0} - {1})", operator.sub, linear=True,
             vjp_y=lambda ct, z, x, y: -fit(ct, y, z))
mul = binary("mul", np.multiply, lambda c, z, x, y: c * y, lambda c, z, x, y: c * x,
             "({0} * {1})", operator.mul)
div = binary("div", np.divide, lambda c, z, x, y: over(c, y),
             lambda c, z, x, y: -over(c, y) * z, "({0} / {1})", _divide, vjp_y=_div_y)
power = binary("pow", np.power, _power_x, _power_y, "({0} ** {1})", _power,
               into=_power_into)
neg = unary("neg", np.negative, lambda c, z, x: -c, "(-{0})", operator.neg, linear=True)
positive = unary("positive", np.positive, lambda c, z, x: c, "(+{0})", operator.pos,
                 linear=True)
reciprocal = unary("reciprocal", np.reciprocal,
                   lambda c, z, x: unless_zero(c, -c * z * z))
square = unary("square", np.square, lambda c, z, x: c * 2 * x)
# fmt: on


absolute = elementwise(
    "abs",
    impl=operator.abs,
    abstract=lambda x: ufunc_aval(np.absolute, operator.abs, x),
    rules=(_abs_vjp,),
    jvp=_abs_jvp,
    emit="np.abs({0})",
    **writing(np.absolute),
)

# -- exponentials, logarithms, roots -----------------------------------------------
# fmt: off

exp = unary("exp", np.exp, lambda c, z, x: c * z)
exp2 = unary("exp2", np.exp2, lambda c, z, x: c * LN2 * z)
expm1 = unary("expm1", np.expm1, lambda c, z, x: c * (z + 1.0))
log = unary("log", np.log, lambda c, z, x: safe_div(c, x))
log2 = unary("log2", np.log2, lambda c, z, x: safe_div(c, x * LN2))
log10 = unary("log10", np.log10, lambda c, z, x: safe_div(c, x * LN10))
log1p = unary("log1p", np.log1p, lambda c, z, x: safe_div(c, x + 1.0))
sqrt = unary("sqrt", np.sqrt, lambda c, z, x: safe_div(c, z * 2.0))
cbrt = unary("cbrt", np.cbrt, lambda c, z, x: safe_div(c, 3.0 * z * z))

# -- trigonometric and hyperbolic --------------------------------------------------

sin = unary("sin", np.sin, lambda c, z, x: c * cos(x))
cos = unary("cos", np.cos, lambda c, z, x: -c * sin(x))
tan = unary("tan", np.tan, lambda c, z, x: c * (z * z + 1.0))
arcsin = unary("arcsin", np.arcsin, lambda c, z, x: c / sqrt(1.0 - x * x))
arccos = unary("arccos", np.arccos, lambda c, z, x: -c / sqrt(1.0 - x * x))
arctan = unary("arctan", np.arctan, lambda c, z, x: c / (x * x + 1.0))
sinh = unary("sinh", np.sinh, lambda c, z, x: c * cosh(x))
cosh = unary("cosh", np.cosh, lambda c, z, x: c * sinh(x))
tanh = unary("tanh", np.tanh, lambda c, z, x: c * (1.0 - z * z))
arcsinh = unary("arcsinh", np.arcsinh, lambda c, z, x: c / sqrt(x * x + 1.0))
arccosh = unary("arccosh", np.arccosh,
                lambda c, z, x: c / (sqrt(x - 1.0) * sqrt(x + 1.0)))
arctanh = unary("arctanh", np.arctanh, lambda c, z, x: over(c, 1.0 - x * x))
deg2rad = unary("deg2rad", np.deg2rad, lambda c, z, x: c * (np.pi / 180), linear=True)
rad2deg = unary("rad2deg", np.rad2deg, lambda c, z, x: c * (180 / np.pi), linear=True)
fabs = unary("fabs", np.fabs, lambda c, z, x: c * sign(x))
conj = unary("conj", np.conjugate, lambda c, z, x: conj(c), linear=True)

# -- two arguments -----------------------------------------------------------------


def _turn(x, y):
    return x / (x * x + y * y)


def _over_hypot(c, z, x):
    return c * (x / where(z == 0, 1, z))


def _share(c, z, x, y, e, half):
    """The share of ``x`` in a sum of exponentials; equal infinities share equally."""
    level = x == z  # infinite, or so large that y is not seen: no inf - inf
    return c * e(where(level, where(x == y, half, 0), x - where(level, 0, z)))


def _same_sign(c, z, x, y):
    return where(signbit(x) == signbit(y), c, -c)


_EXTREMUM = (lambda c, z, x, y: share_p(c, x, y, z),
             lambda c, z, x, y: share_p(c, y, x, z))
maximum = binary("maximum", np.maximum, *_EXTREMUM)
minimum = binary("minimum", np.minimum, *_EXTREMUM)
fmax = binary("fmax", np.fmax, *_EXTREMUM)
fmin = binary("fmin", np.fmin, *_EXTREMUM)
hypot = binary("hypot", np.hypot, lambda c, z, x, y: _over_hypot(c, z, x),
               lambda c, z, x, y: _over_hypot(c, z, y))
arctan2 = binary("arctan2", np.arctan2,
                 lambda c, z, x, y: c * _turn(_wide(y, z), _wide(x, z)),
                 lambda c, z, x, y: c * -_turn(_wide(x, z), _wide(y, z)))
logaddexp = binary("logaddexp", np.logaddexp,
                   lambda c, z, x, y: _share(c, z, x, y, exp, -LN2),
                   lambda c, z, x, y: _share(c, z, y, x, exp, -LN2))
logaddexp2 = binary("logaddexp2", np.logaddexp2,
                    lambda c, z, x, y: _share(c, z, x, y, exp2, -1.0),
                    lambda c, z, x, y: _share(c, z, y, x, exp2, -1.0))
mod = binary("mod", np.remainder, lambda c, z, x, y: c,
             lambda c, z, x, y: -c * floor(x / y), "({0} % {1})", operator.mod)
fmod = binary("fmod", np.fmod, lambda c, z, x, y: c,
              lambda c, z, x, y: -c * trunc(x / y))
copysign = binary("copysign", np.copysign, _same_sign, lambda c, z, x, y: c * 0)
power_ufunc = binary("power", np.power, _power_x, _power_y)
float_power = binary("float_power", np.float_power,
                     lambda c, z, x, y: _power_x(c, z, _wide(x, z), _wide(y, z)),
                     lambda c, z, x, y: _power_y(c, z, _wide(x, z), y))
heaviside = binary("heaviside", np.heaviside, lambda c, z, x, y: c * 0,
                   lambda c, z, x, y: where(x == 0, c, 0))
ldexp = binary("ldexp", np.ldexp, lambda c, z, x, y: ldexp(c, y), None)

# -- derivative zero: comparison, logic, integers, rounding ------------------------

lt = flat("lt", np.less, "({0} < {1})", operator.lt)
le = flat("le", np.less_equal, "({0} <= {1})", operator.le)
gt = flat("gt", np.greater, "({0} > {1})", operator.gt)
ge = flat("ge", np.greater_equal, "({0} >= {1})", operator.ge)
eq = flat("eq", np.equal, "({0} == {1})", operator.eq)
ne = flat("ne", np.not_equal, "({0} != {1})", operator.ne)
logical_and = flat("logical_and", np.logical_and)
logical_or = flat("logical_or", np.logical_or)
logical_xor = flat("logical_xor", np.logical_xor)
logical_not = flat("logical_not", np.logical_not)
bitwise_and = flat("and", np.bitwise_and, "({0} & {1})", operator.and_)
bitwise_or = flat("or", np.bitwise_or, "({0} | {1})", operator.or_)
bitwise_xor = flat("xor", np.bitwise_xor, "({0} ^ {1})", operator.xor)
invert = flat("invert", np.invert, "(~{0})", operator.invert)
left_shift = flat("left_shift", np.left_shift, "({0} << {1})", operator.lshift)
right_shift = flat("right_shift", np.right_shift, "({0} >> {1})", operator.rshift)
floor_divide = flat("floordiv", np.floor_divide, "({0} // {1})", operator.floordiv)
bitwise_count = flat("bitwise_count", np.bitwise_count)
gcd = flat("gcd", np.gcd)
lcm = flat("lcm", np.lcm)
floor = flat("floor", np.floor)
ceil = flat("ceil", np.ceil)
trunc = flat("trunc", np.trunc)
rint = flat("rint", np.rint)
sign = flat("sign", np.sign)
signbit = flat("signbit", np.signbit)
spacing = flat("spacing", np.spacing)
isnan = flat("isnan", np.isnan)
isinf = flat("isinf", np.isinf)
isfinite = flat("isfinite", np.isfinite)
nextafter = flat("nextafter", np.nextafter)
# fmt: on


def _sinc_slope(x):
    """The derivative of sinc; near 0 a series, which is smooth there in all orders."""
    near = absolute(x) < 0.5
    small = where(near, x, 0)
    square, series = (np.pi * small) ** 2, 0.0
    for k in range(12, 0, -1):  # sum over k of (-1)^k 2k t^(k - 1) / (2k + 1)!
        series = series * square + (-1) ** k * 2 * k / factorial(2 * k + 1)
    far = where(near, 1, x)
    angle = np.pi * far
    slope = (cos(angle) - sin(angle) / angle) / far
    return where(near, series * (np.pi**2 * small), slope)


sinc = elementwise(
    "sinc",
    impl=np.sinc,
    abstract=lambda x: ufunc_aval(np.true_divide, None, x, x),  # of integers: float64
    rules=(lambda c, z, x: c * _sinc_slope(x),),
    emit="np.sinc({0})",
)

exponent = elementwise(
    "exponent",
    impl=lambda x: np.frexp(x)[1],
    abstract=lambda x: Aval(x.shape, np.dtype(np.intc)),
    rules=None,
    emit="np.frexp({0})[1]",
    flat=True,
)

mantissa = elementwise(
    "mantissa",
    impl=lambda x: np.frexp(x)[0],
    abstract=lambda x: Aval(x.shape, np.frexp(np.empty(0, x.dtype))[0].dtype),
    rules=(lambda c, z, x: ldexp(c, -exponent(x)),),
    emit="np.frexp({0})[0]",
)

around = elementwise(
    "round",
    impl=lambda x, *, decimals: np.round(x, decimals),
    abstract=lambda x, *, decimals: Aval(x.shape, np.round(np.empty(0, x.dtype)).dtype),
    rules=None,
    emit="np.round({0}, {decimals})",
    flat=True,
)

# -- where -------------------------------------------------------------------------


def _where_jvp(tangents, z, c, x, y):
    _, tx, ty = tangents
    return where(c, 0 if tx is None else tx, 0 if ty is None else ty)


where = elementwise(
    "where",
    impl=selection.where,
    abstract=lambda c, x, y: Aval(
        broadcast_shapes(c.shape, x.shape, y.shape), promoted(x, y)
    ),
    rules=(
        None,
        lambda ct, z, c, x, y: where(c, ct, 0),
        lambda ct, z, c, x, y: where(c, 0, ct),
    ),
    jvp=_where_jvp,
    emit="np.where({0}, {1}, {2})",
    into="{choose}({0}, {1}, {2}, out={out})",
    over=(2,),
    uses=(selection.choose,),
)

# -- no derivative on purpose ------------------------------------------------------

stop_gradient_p = elementwise(
    "stop_gradient",
    impl=lambda x: x,
    abstract=lambda x: x,
    rules=None,
    emit="{0}",
    flat=True,
    view=True,
)

# -- a name for a value, which `checkpoint` reads ------------------------------------

name_p = elementwise(
    "name",
    impl=lambda x, *, name: x,
    abstract=lambda x, *, name: x,
    rules=(lambda c, z, x, *, name: c,),
    jvp=lambda ts, z, x, *, name: ts[0],
    emit="{0}",
    linear=True,
    view=True,
)
