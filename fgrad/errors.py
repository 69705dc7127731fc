"""The exceptions fgrad raises, each with the wrong program and the right one."""

from __future__ import annotations


class TracerArrayConversionError(TypeError):
    """A traced value was converted to a plain array or number.

    The conversion would drop the gradient silently, so it always raises.

    Wrong::

        grad(lambda x: math.sin(x))(1.0)
        grad(lambda x: np.sum(np.asarray(x)))(a)

    Right::

        grad(lambda x: np.sin(x))(1.0)
        grad(lambda x: np.sum(x))(a)
    """


class ConcretizationTypeError(TypeError):
    """A value was needed where only its shape and dtype are known.

    Wrong::

        jit(lambda x, n: x.reshape(n, -1))(x, 3)

    Right::

        jit(lambda x, n: x.reshape(n, -1), static_argnums=1)(x, 3)
    """


class TracerBoolConversionError(ConcretizationTypeError):
    """Python's ``if``, ``while``, ``and``, ``or`` met a value that is not known.

    Wrong::

        jit(lambda x: x if x > 0 else -x)(1.0)

    Right::

        jit(lambda x: np.where(x > 0, x, -x))(1.0)
    """


class TracerIntegerConversionError(ConcretizationTypeError):
    """An unknown value was used as a Python integer: an index, a shape, a range.

    Wrong::

        jit(lambda x, n: sum(x[i] for i in range(n)))(x, 3)

    Right::

        jit(lambda x, n: sum(x[i] for i in range(n)), static_argnums=1)(x, 3)
    """


class NonConcreteBooleanIndexError(ConcretizationTypeError, IndexError):
    """A boolean mask selects an unknown number of elements.

    Wrong::

        jit(lambda x: np.sum(x[x > 0]))(x)

    Right::

        jit(lambda x: np.sum(np.where(x > 0, x, 0.0)))(x)
    """


class UnexpectedTracerError(RuntimeError):
    """A traced value was used after the transformation that made it had ended.

    Wrong::

        kept = []
        grad(lambda x: kept.append(x) or np.sin(x))(1.0)
        kept[0] + 1

    Right::

        grad(lambda x: (np.sin(x), x), has_aux=True)(1.0)  # return it
    """


class MissingRuleError(NotImplementedError):
    """A primitive lacks the rule that a transformation needs.

    Wrong::

        grad(lambda x: no_gradient_op(x))(1.0)

    Right::

        op = custom_vjp(no_gradient_op)
        op.defvjp(forward, backward)
    """


class TracerMutationError(TypeError):
    """A traced value was written into a NumPy array, or to memory that others see.

    Wrong::

        def f(x):
            x[0] = 1.0
            return x.sum()

    Right::

        def f(x):
            x = x.copy()
            x[0] = 1.0
            return x.sum()
    """


class UntraceableError(TypeError):
    """A NumPy function has no traceable definition.

    Wrong::

        grad(lambda x: np.frompyfunc(f, 1, 1)(x).sum())(a)

    Right::

        grad(lambda x: vmap(f)(x).sum())(a)
    """


class JaxprTypeError(TypeError):
    """A jaxpr is not well formed: an internal error, found by the type checker.

    Wrong::

        Jaxpr(invars=[], eqns=[], outs=[a_var_nobody_defines])

    Right::

        make_jaxpr(f)(*args)  # every jaxpr that fgrad makes is checked in tests
    """


class KeyReuseError(TypeError):
    """A random key was used twice under ``debug_key_reuse``.

    Wrong::

        x, y = random.normal(key), random.uniform(key)

    Right::

        first, second = random.split(key)
        x, y = random.normal(first), random.uniform(second)
    """


class BakedRandomnessWarning(UserWarning):
    """A function drew from a global random generator while it was traced for jit.

    Wrong::

        jit(lambda x: x + np.random.normal(size=3))(x)

    Right::

        jit(lambda x, noise: x + noise)(x, rng.normal(size=3))
    """


class VmapLoopWarning(UserWarning):
    """vmap ran an operation in a Python loop, for it has no rule for batches.

    Wrong::

        vmap(no_batch_rule_op)(x)

    Right::

        op = custom_vmap(no_batch_rule_op)
        op.def_vmap(lambda size, in_batched, x: (no_batch_rule_op_of_all(x), True))
    """
