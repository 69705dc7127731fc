"""SciPy's functions for the array API on traced values: run by test_consumers.

SciPy reads the variable SCIPY_ARRAY_API when it is imported, so that this is a program.
Each function runs under grad and jvp, and is compared with plain NumPy and difference
quotients; those of `EVERYWHERE` run under jit and vmap as well.
"""

import os
import warnings

os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
import scipy
import scipy.differentiate as differentiate
import scipy.integrate as integrate
import scipy.optimize as optimize
import scipy.optimize.elementwise as elementwise
import scipy.signal as signal
import scipy.special as special
import scipy.stats as stats
from numpy.lib import NumpyVersion

import fgrad
import fgrad.numpy as fnp

X = np.array([0.5, 1.26, 2.03, 0.77, 3.04, 1.52, 0.87, 1.13, 2.21])
TANGENT = np.cos(np.arange(9.0))


def namespace(x):
    return x.__array_namespace__() if isinstance(x, fgrad.core.Tracer) else np


def each(module, names, use):
    """Return what to call for the names of a module; ``use`` takes its function."""
    found = {}
    for name in names.split():
        if hasattr(module, name):  # not in every supported SciPy
            found[f"{module.__name__}.{name}"] = use(getattr(module, name))
    return found


def of_two(f):
    """Return a test of two samples as a function of one array."""
    return lambda x: fnp.stack(list(f(x, x**2 + x[::-1]))[:2])


def of_one(f):
    return lambda x: f(fnp.concatenate([x, x**2, np.sin(x)])).statistic


def filled(parts):
    return lambda x: fnp.concatenate(parts(x))


sos = filled(lambda x: [x[:3], x[:1] / x[:1], x[3:5]])

EVERYWHERE = {
    **each(special, """expit logit entr log_ndtr ndtr ndtri gammaln erf erfc i0 i1 i0e
        i1e exp2 log1p expm1 sinc digamma softmax log_softmax logsumexp""",
        lambda f: lambda x: f(x / 4)),
    **each(special, "betaln rel_entr xlogy xlog1py logaddexp stdtrit kl_div",
        lambda f: lambda x: f(x / 2 + 1, x[::-1] / 4)),
    **each(special, "gammainc gammaincc chdtr chdtrc stdtr poch",
        lambda f: lambda x: f(0 * x + 2, x)),
    "betainc": lambda x: special.betainc(0 * x + 2, 0 * x + 3, x / 4),
    "multigammaln": lambda x: special.multigammaln(x + 2, 2),
    **each(stats, """tmin tmax skew kurtosis sem zscore gzscore gmean entropy circmean
        circvar circstd differential_entropy""", lambda f: f),
    "zmap": lambda x: stats.zmap(x, x[:5]),
    "describe": lambda x: stats.describe(x).variance + stats.describe(x).skewness,
    "boxcox_llf": lambda x: stats.boxcox_llf(0.5, x),
    **each(stats, "ttest_ind ttest_rel bartlett f_oneway", of_two),
    **each(stats, "normaltest skewtest kurtosistest jarque_bera", of_one),
    "ttest_1samp": lambda x: stats.ttest_1samp(x, 1.0).pvalue,
    "chisquare": lambda x: stats.chisquare(x).pvalue,
    "power_divergence": lambda x: stats.power_divergence(x, lambda_=0.5).statistic,
    "combine_pvalues": lambda x: stats.combine_pvalues(x / 4).statistic,
    "directional_stats": lambda x: (
        stats.directional_stats(x.reshape(3, 3)).mean_direction
    ),
    **each(signal.windows, """hann hamming blackman tukey bartlett cosine nuttall boxcar
        flattop parzen bohman triang barthann lanczos exponential blackmanharris""",
        lambda f: lambda x: f(9, xp=namespace(x)) * x),
    **each(signal.windows, "kaiser gaussian",
        lambda f: lambda x: f(9, 2.0, xp=namespace(x)) * x),
    "general_cosine": lambda x: signal.windows.general_cosine(9, x[:3]),
    "fftconvolve": lambda x: signal.fftconvolve(x, x[:3]),
    "freqz": lambda x: abs(signal.freqz(x, worN=8)[1]),
    "hilbert": lambda x: abs(signal.hilbert(x)),
    "hilbert2": lambda x: abs(signal.hilbert2(x.reshape(3, 3))),
    "resample": lambda x: signal.resample(x, 5),
    "gausspulse": signal.gausspulse,
    "trapezoid": lambda x: integrate.trapezoid(x**2, dx=0.5),
    "trapezoid at x": lambda x: integrate.trapezoid(x**2, np.cumsum(x)),
    "cumulative_trapezoid": lambda x: integrate.cumulative_trapezoid(x**2),
    "cumulative_simpson": lambda x: integrate.cumulative_simpson(x**2, dx=0.5),
    "romb": lambda x: integrate.romb(x**2),
    "rosen": optimize.rosen,
}  # fmt: skip
KNOWN = {  # they ask for values, so that they run un-jitted only
    **each(
        stats,
        """tmean tvar tstd tsem variation hmean gstd iqr median_abs_deviation
        rankdata""",
        lambda f: lambda x: f(x) * x,
    ),
    "lmoment": stats.lmoment,
    "pmean": lambda x: stats.pmean(x, 2),
    "moment": lambda x: stats.moment(x, 3),
    "yeojohnson_llf": lambda x: stats.yeojohnson_llf(0.5, x),
    **each(
        stats,
        """pearsonr spearmanr ks_2samp mannwhitneyu levene fligner mood
        kruskal ansari chatterjeexi wilcoxon""",
        of_two,
    ),
    "alexandergovern": lambda x: stats.alexandergovern(x, x**2 + x[::-1]).statistic,
    "chebwin": lambda x: signal.windows.chebwin(9, 100.0, xp=namespace(x)) * x,
    "freqz_sos": lambda x: abs(signal.freqz_sos(sos(x).reshape(1, 6), worN=8)[1]),
    "lp2lp": lambda x: signal.lp2lp(x[:2], x[2:4])[0],
    "cubature": lambda x: (
        integrate.cubature(lambda t: t[:, 0] ** 2 * x[0], x[:1] * 0, x[:1]).estimate
    ),
    "find_root": lambda x: (
        elementwise.find_root(lambda t: t**2 - x[0], (x[0] * 0.1, x[0] * 2 + 1)).x
    ),
    "bracket_root": lambda x: elementwise.bracket_root(
        lambda t: t**2 - x[0], x[0] * 0.1
    ).bracket[1],
    "find_minimum": lambda x: (
        elementwise.find_minimum(
            lambda t: (t - x[0]) ** 2 + x[1], (x[0] - 1, x[0] + 0.2, x[0] + 2)
        ).f_x
    ),
    "derivative": lambda x: differentiate.derivative(np.exp, x).df,
    "jacobian": lambda x: differentiate.jacobian(lambda t: t**2, x).df,
}
REFUSED = {  # they are compiled, call np.asarray, or write to views
    **each(stats, "expectile shapiro", lambda f: f),
    **each(stats, "kendalltau", of_two),
    "linregress": lambda x: stats.linregress(x, x**2).slope,
    **each(signal, "convolve correlate lfilter", lambda f: lambda x: (
        f(x[:3], x[1:2], x) if f is signal.lfilter else f(x, x[:3]))),
    **each(signal, "detrend periodogram welch chirp square sawtooth wiener medfilt",
        lambda f: (lambda x: f(x, 1.0, 2.0, 3.0)) if f is signal.chirp else f),
    "oaconvolve": lambda x: signal.oaconvolve(x, x[:3]),
    "resample_poly": lambda x: signal.resample_poly(x, 2, 3),
    "savgol_filter": lambda x: signal.savgol_filter(x, 5, 2),
    "sosfilt": lambda x: signal.sosfilt(sos(x).reshape(1, 6), x),
    "simpson": lambda x: integrate.simpson(x, dx=0.5),
    "tanhsinh": lambda x: (
        integrate.tanhsinh(lambda t: np.exp(-t * x[0]), 0 * x[1], x[2]).integral
    ),
    "nsum": lambda x: (
        integrate.nsum(lambda k: 1 / (k**2 + x[0]), 0 * x[0] + 1, 0 * x[0] + np.inf).sum
    ),
}  # fmt: skip

LOOKS_FOR_NAN = NumpyVersion(scipy.__version__) >= "1.18.0"  # and asks for values
if LOOKS_FOR_NAN:
    for name in ("scipy.stats.expectile", "linregress", "scipy.signal.sawtooth"):
        KNOWN[name] = REFUSED.pop(name)
    for name in ("scipy.signal.square", "oaconvolve", "simpson"):
        EVERYWHERE[name] = REFUSED.pop(name)


def check(name, f, staged):
    plain, total = f(X), lambda x: np.sum(f(x) * 1.0)
    value = fgrad.vjp(f, X)[0]
    np.testing.assert_allclose(value, plain, 1e-13, 1e-14, err_msg=name)
    z, t = fgrad.jvp(total, (X,), (TANGENT,))
    gradient = fgrad.grad(total)(X)
    quotient = (total(X + 1e-6 * TANGENT) - total(X - 1e-6 * TANGENT)) / 2e-6
    np.testing.assert_allclose(z, np.sum(plain), 1e-13, 1e-14, err_msg=name)
    np.testing.assert_allclose(gradient @ TANGENT, t, 1e-8, 1e-9, err_msg=name)
    np.testing.assert_allclose(t, quotient, 1e-4, 1e-6, err_msg=name)
    if staged:
        np.testing.assert_allclose(fgrad.jit(f)(X), plain, 1e-12, err_msg=name)
        jitted = fgrad.jit(fgrad.grad(total))(X)
        np.testing.assert_allclose(jitted, gradient, 1e-9, 1e-12, err_msg=name)
        mapped = fgrad.vmap(f)(X[None])[0]
        np.testing.assert_allclose(mapped, plain, 1e-12, 1e-12, err_msg=name)


def check_refused(name, f):
    f(X)
    try:
        fgrad.grad(lambda x: np.sum(f(x)))(X)
    except TypeError:  # every error of fgrad's that says that a value cannot be traced
        return
    raise AssertionError(f"{name} works")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    failed = []
    for table, staged in ((EVERYWHERE, True), (KNOWN, False)):
        for name, f in table.items():
            try:
                try:
                    check(name, f, staged)
                except fgrad.errors.TracerBoolConversionError:
                    if not LOOKS_FOR_NAN:
                        raise
                    check(name, f, False)
            except Exception as error:
                failed.append(f"{name}: {type(error).__name__} {str(error)[:300]}")
    for name, f in REFUSED.items():
        check_refused(name, f)
    assert not failed, "\n".join(failed)
    print(f"{len(EVERYWHERE)} everywhere, {len(KNOWN)} un-jitted")
