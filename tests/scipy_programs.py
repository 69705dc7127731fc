"""SciPy's functions for the array API on traced values: run by test_consumers.

SciPy reads the variable SCIPY_ARRAY_API when it is imported, so that this is a program.
"""

import os
import warnings

os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
import scipy.differentiate as differentiate
import scipy.integrate as integrate
import scipy.optimize as optimize
import scipy.optimize.elementwise as elementwise
import scipy.signal as signal
import scipy.special as special
import scipy.stats as stats

import fgrad

X = np.array([0.5, 1.25, 2.0, 0.75, 3.0, 1.5])

EVERYWHERE = {
    "logsumexp": special.logsumexp,
    "softmax": special.softmax,
    "log_softmax": special.log_softmax,
    "trapezoid": lambda x: integrate.trapezoid(x**2, dx=0.5),
    "trapezoid at x": lambda x: integrate.trapezoid(x**2, np.cumsum(x)),
    "cumulative_trapezoid": lambda x: integrate.cumulative_trapezoid(x**2),
    "cumulative_simpson": lambda x: integrate.cumulative_simpson(x**2, dx=0.5),
    "romb": lambda x: integrate.romb(x[:5] ** 2),
    "zscore": stats.zscore,
    "skew": stats.skew,
    "kurtosis": stats.kurtosis,
    "gmean": stats.gmean,
    "sem": stats.sem,
    "circmean": stats.circmean,
    "directional_stats": lambda x: (
        stats.directional_stats(x.reshape(3, 2)).mean_direction
    ),
    "hann": lambda x: signal.windows.hann(6) * x,
    "rosen": optimize.rosen,
}
KNOWN = {  # they ask for values, so that they run un-jitted only
    "cubature": lambda x: (
        integrate.cubature(lambda t: t[:, 0] ** 2 * x[0], x[:1] * 0, x[:1]).estimate
    ),
    "find_root": lambda x: (
        elementwise.find_root(lambda t: t**2 - x[0], (x[0] * 0.1, x[0] * 2 + 1)).x
    ),
    "hmean": stats.hmean,
    "pmean": lambda x: stats.pmean(x, 2),
    "moment": lambda x: stats.moment(x, 2),
    "derivative": lambda x: differentiate.derivative(np.exp, x).df,
}


def check(name, f, staged):
    plain, total = f(X), lambda x: np.sum(f(x) * 1.0)
    tangent = np.linspace(-1.0, 1.0, X.size)
    z, t = fgrad.jvp(total, (X,), (tangent,))
    gradient = fgrad.grad(total)(X)
    quotient = (total(X + 1e-6 * tangent) - total(X - 1e-6 * tangent)) / 2e-6
    np.testing.assert_allclose(z, np.sum(plain), err_msg=name)
    np.testing.assert_allclose(gradient @ tangent, t, 1e-9, 1e-9, err_msg=name)
    np.testing.assert_allclose(t, quotient, 1e-4, 1e-6, err_msg=name)
    if staged:
        np.testing.assert_allclose(fgrad.jit(f)(X), plain, 1e-12, err_msg=name)
        jitted = fgrad.jit(fgrad.grad(total))(X)
        np.testing.assert_allclose(jitted, gradient, 1e-9, 1e-12, err_msg=name)
        mapped = fgrad.vmap(f)(X[None])[0]
        np.testing.assert_allclose(mapped, plain, 1e-12, 1e-12, err_msg=name)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for name, f in EVERYWHERE.items():
        check(name, f, staged=True)
    for name, f in KNOWN.items():
        check(name, f, staged=False)
    print(len(EVERYWHERE), "everywhere,", len(KNOWN), "un-jitted")
