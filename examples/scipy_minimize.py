"""Hand fgrad's derivatives to scipy.optimize.minimize.

Three methods look for the minimum of Rosenbrock's banana valley in ten dimensions:
BFGS with the gradient, Newton-CG with the whole Hessian, and trust-krylov with
Hessian-vector products, which never build the Hessian. The derivatives are checked
against the formulas that SciPy has for this very function.

Run it: python examples/scipy_minimize.py
"""

import numpy as np
from scipy import optimize

import fgrad

START = np.zeros(10)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


value_and_grad = fgrad.jit(fgrad.value_and_grad(rosenbrock))
hessian = fgrad.jit(fgrad.hessian(rosenbrock))


@fgrad.jit
def hessian_times(x, v):
    return fgrad.hvp(rosenbrock, (x,), (v,))


def check_derivatives():
    direction = np.linspace(-1, 1, START.size)
    value, gradient = value_and_grad(START)
    np.testing.assert_allclose(value, optimize.rosen(START), rtol=1e-12)
    np.testing.assert_allclose(gradient, optimize.rosen_der(START), rtol=1e-10)
    np.testing.assert_allclose(
        hessian(START), optimize.rosen_hess(START), rtol=1e-10, atol=1e-10
    )
    np.testing.assert_allclose(
        hessian_times(START, direction),
        optimize.rosen_hess_prod(START, direction),
        rtol=1e-10,
        atol=1e-10,
    )


def main(argv=None):
    check_derivatives()
    runs = {
        "BFGS": {},
        "Newton-CG": {"hess": hessian},
        "trust-krylov": {"hessp": hessian_times},
    }
    print("method         f at the end   steps   distance to the minimum")
    for method, second_order in runs.items():
        # `jac=True` says that the function returns its value and its gradient.
        result = optimize.minimize(
            value_and_grad, START, jac=True, method=method, **second_order
        )
        distance = np.linalg.norm(result.x - 1)
        print(f"{method:<12} {result.fun:14.3e} {result.nit:7d} {distance:13.3e}")
        assert result.success, result.message
        assert distance < 1e-3, f"{method} ended at {result.x}"


if __name__ == "__main__":
    main()
