"""Random lines of elementwise operations."""

from __future__ import annotations

SAFE = """np.sin({0}) np.cos({0}) np.tanh({0}) np.exp(-np.abs({0})) np.sqrt(np.abs({0}))
    np.log(np.abs({0})+1.0) np.log1p(np.abs({0})) np.arctan({0}) np.arcsinh({0})
    np.arcsin(np.tanh({0})) np.arccos(np.sin({0})) np.square({0}) np.abs({0}) -{0} +{0}
    {0}**2 {0}**3 {0}**0.5 {0}**1 {0}**0 {0}**-1 np.cbrt({0}) np.expm1(np.sin({0}))
    1.0/(1.0+np.exp(-{0})) np.maximum({0},0.0) np.maximum({0},0) {0}*(1.0-{0})
    {0}/(1.0+{0}*{0}) np.fabs({0}) np.sinc({0}) {0}*1.0 {0}/1 {0}-0.0 {0}+0.0 {0}*-1.0
    {0}*0.5 -(-{0}) {0}/2.0 1.0-{0}""".split()
RISKY = [
    f"np.{name}({{0}})"
    for name in """exp exp2 expm1 log log2 log10 log1p sqrt cbrt tan arcsin arccos
    arctanh arccosh sinh cosh reciprocal deg2rad rad2deg negative positive absolute
    sinc conj real imag angle nan_to_num""".split()
]
FLAT = [
    f"np.{name}({{0}})"
    for name in """sign floor ceil trunc rint signbit isnan isinf isfinite logical_not
    spacing round isreal isposinf""".split()
]
BINARY = [
    f"np.{name}({{0}},{{1}})"
    for name in """add subtract multiply maximum minimum fmax fmin hypot arctan2
    logaddexp logaddexp2 copysign heaviside nextafter divide float_power fmod remainder
    floor_divide""".split()
]
OPERATORS = """{0}+{1} {0}-{1} {0}*{1} {0}/{1} {1}-{0} {1}/{0} {1}*{0} {0}%{1} {0}//{1}
    {0}+{1}*{0} {0}*{1}-{1} {0}/({1}*{1}+1.0) np.abs({0})**{1}
    ({0}-{1})**2""".split()
COMPARE = """{0}<{1} {0}<={1} {0}>{1} {0}>={1} {0}=={1} {0}!={1}
    np.isclose({0},{1})""".split()
LOGIC = """{0}&{1} {0}|{1} {0}^{1} ~{0} np.logical_and({0},{1}) np.logical_or({0},{1})
    np.logical_xor({0},{1})""".split()
INTEGERS = """{0}<<({1}&3) {0}>>({1}&3) np.gcd({0},{1}) np.lcm({0}&15,{1}&15)
    np.bitwise_count({0}) np.ldexp(0.75,{0}&15) {0}//3 {0}%7 {0}**2""".split()


def safe(b):
    return b.choice(SAFE).format(b.pick("fc" if b.chance(80) else "fiubc"))


def risky(b):
    return b.choice(RISKY).format(b.pick("fc" if b.chance(80) else "fiubc"))


def flat(b):
    return b.choice(FLAT).format(b.pick("fi"))


def binary(b):
    x = b.pick()
    return b.choice(BINARY).format(x, b.partner(x, "fiub" if b.chance(80) else "fiubc"))


def arithmetic(b):
    x = b.pick()
    return b.choice(OPERATORS).format(x, b.partner(x))


def numbers(b):
    """Compute with a Python number that stays one."""
    names = [n for n, x in b.values.items() if type(x) in (int, float, complex)]
    x = b.choice(names or [b.pick()])
    y = b.choice([*names, "2.0", "3", "0.5"])
    if all(abs(b.values.get(n, 0)) < 1e6 for n in names):
        return b.choice(["{0}+{1}", "{0}-{1}", "{0}*{1}", "-{0}"]).format(x, y)
    return f"{x}-{y}"


def compare(b):
    x = b.pick("fiub")
    return b.choice(COMPARE).format(x, b.partner(x, "fiub"))


def logic(b):
    x = b.pick("b" if b.chance(70) else "ib")
    return b.choice(LOGIC).format(x, b.partner(x, "b"))


def integers(b):
    x = b.pick("i")
    return b.choice(INTEGERS).format(x, b.partner(x, "i"))


def where(b):
    x = b.pick()
    masks = b.names("b")
    mask = b.choice(masks) if masks and b.chance(40) else f"{x}{b.choice(['>', '!='])}0"
    form = b.choice(["np.where({0},{1},{2})", "np.where({0},{2},{1})"])
    return form.format(mask, x, b.partner(x))


def clip(b):
    x = b.pick("fi")
    low = b.choice(["-1.0", "None", "-1", "-0.5"])  # 0 makes -0.0 another zero
    high = b.choice(["1.0", "0.75", "2"] + ["None"] * (low != "None"))
    return f"np.clip({x},{low},{high})"


def cast(b):
    x = b.pick()
    kind = b.values[x].dtype.kind
    if kind == "c":
        return b.choice(["{0}.real", "{0}.imag", "{0}.astype(np.complex128)"]).format(x)
    to = b.choice("float64 float32 bool complex128 int64 float16 int32".split())
    if to.startswith("int") and kind == "f":  # what is out of range has no one value
        return f"np.clip(np.nan_to_num({x}),-99,99).astype(np.{to})"
    return f"{x}.astype(np.{to})"


ELEMENTWISE = [
    *[safe] * 5, *[arithmetic] * 5, risky, flat, *[binary] * 2, numbers, compare,
    logic, integers, *[where] * 2, clip, cast,
]  # fmt: skip
