"""What lecturers found in graphs and tables, and what must stay so."""

import functools
import inspect
import shutil
import subprocess

import numpy as np
import pytest

import fgrad
from fgrad import lax
from fgrad.graph import backward_program, draw, explain
from fgrad.numpy import at
from tests.graph_functions import NEURON, RECURRENT, calls, neuron, recurrent


def powers(x):
    return lax.while_loop(lambda c: c < 9, lambda c: c * c * x, x)


PICTURES = {
    "clip": lambda x: np.sum(np.clip(x, -1, 1)),
    "maximum": lambda x: np.sum(np.maximum(x * 2, 0) ** 2),
    "pad": lambda x: np.sum(np.pad(x, 2)),
    "arctan2": lambda x: np.sum(np.arctan2(x, np.hypot(x, 2.0))),
    "update": lambda x: np.sum(at(x * 2)[0].set(3.0)),
    "box": lambda x: np.sum(fgrad.jit(np.maximum)(x, np.minimum(x, 0.5))),
}


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", PICTURES)
def test_every_graph_becomes_a_picture(name, direction):
    drawing = draw(PICTURES[name], direction=direction)(np.ones(3))
    command = ["dot", "-Tsvg"]
    run = subprocess.run(command, input=drawing.dot().encode(), capture_output=True)
    assert run.returncode == 0 and not run.stderr
    assert drawing.svg().count('class="node"') >= len(drawing.graph.nodes) - 3


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
def test_where_dot_fails_it_is_tried_without_ports(monkeypatch):
    run, texts = subprocess.run, []

    def failing(command, input, **how):
        texts.append(input)
        return run(command, input=b"no graph" if len(texts) == 1 else input, **how)

    monkeypatch.setattr(subprocess, "run", failing)
    assert "</svg>" in draw(neuron)(*NEURON).svg()
    assert b":nw" in texts[0] and b":nw" not in texts[1]


def test_the_backward_program_of_a_branch_under_jit():
    branch = lambda x: lax.cond(x > 0, np.sin, np.cos, x)
    for function in (fgrad.jit(branch), lambda y: fgrad.jit(branch)(branch(y))):
        assert "cond, branch True" in str(backward_program(function)(1.0))


def twice(x):
    inner = lambda s: lambda c, e: (c * s + e, None)
    body = lambda s, _: (lax.scan(inner(s), s, np.array([1.0, 2.0]))[0], None)
    return lax.scan(body, x, None, 2)[0]


def test_two_values_have_two_names():
    rows = [s for s in explain(twice, depth=3)(2.0) if s.level == 2]
    assert any(s.expression.endswith("= carry_2 * carry") for s in rows)
    pairs = np.array([2.0, 3.0]), np.array([5.0, 7.0])
    f = lambda x: lax.scan(lambda c, e: (c * e[0] + e[1], None), x, pairs)[0]
    targets = [s.to for s in explain(f)(3.0) if s.level == 1]
    assert targets == ["d", "xs_2[0]", "carry", "xs[0]"]
    for step in explain(lambda a: a[0] * a[1] + a[0])([2.0, 3.0]):
        assert not step.expression.startswith("a =")


A, B, S, V = np.ones((2, 3)), np.ones((3, 3)), np.ones((4, 2, 3)), np.arange(3.0)
PRODUCTS = {
    "plain": (lambda a, b: a @ b, A, B, "· @ bᵀ", "aᵀ @ ·"),
    "turned": (lambda a, b: np.einsum("ij,kj->ik", a, b), A, B, "· @ b", "·ᵀ @ a"),
    "stack": (lambda a, b: a @ b, S, B, "· @ bᵀ", "aᵀ @ ·, summed over the stack"),
    "vector": (lambda a, b: a @ b, A, V, "outer(·, b)", "aᵀ @ ·"),
    "from left": (lambda a, b: a @ b, V, B, "· @ bᵀ", "outer(a, ·)"),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_formulas_of_products_give_the_product(name):
    function, a, b, *formulas = PRODUCTS[name]
    a, b = a + 0.1 * np.arange(a.size).reshape(a.shape), b * np.arange(1.0, 4)
    table = explain(lambda a, b: np.sum(function(a, b) ** 2))(a, b)
    rows = [s for s in table if "@" in s.formula or "outer" in s.formula]
    assert [s.formula for s in rows] == formulas
    for step in rows:
        text = step.formula.partition(",")[0] if "outer" not in step.formula else None
        text = (text or step.formula).replace("·ᵀ", "np.swapaxes(c, -1, -2)")
        text = text.replace("aᵀ", "np.swapaxes(a, -1, -2)" if a.ndim > 1 else "a")
        text = text.replace("bᵀ", "np.swapaxes(b, -1, -2)" if b.ndim > 1 else "b")
        text = text.replace("·", "c").replace("outer", "np.outer")
        found = eval(text, {"np": np, "a": a, "b": b, "c": step.upstream})
        if "stack" in step.formula:
            found = found.sum(0)
        np.testing.assert_allclose(found, step.product)


def test_no_formula_where_it_would_be_wrong():
    f = lambda a, b: np.sum(np.einsum("ij,ij->i", a, b))
    assert {s.formula for s in explain(f)(A, A) if s.to in "ab"} == {""}
    table = explain(lambda a: np.sum(np.transpose(a, (2, 0, 1))))(S)
    assert list(table)[-1].formula == "the same elements, axes back in their order"
    (row,) = explain(lambda x: np.abs(x))(3 + 4j)
    assert row.formula == ""


def test_where_a_gradient_ends_is_said():
    stopped = lambda x: lax.stop_gradient(x) * x
    table = explain(stopped)(2.0)
    (row,) = [s for s in table if "stop_gradient(x)" in s.expression]
    assert row.formula == "0" and row.upstream == 2.0 and row.product == 0.0
    assert "stop_gradient(x)" in str(
        backward_program(lambda x: lax.stop_gradient(x) * x)(2.0)
    )


def test_loops_count_as_what_they_run():
    sines = lambda x: lax.fori_loop(0, 100, lambda i, c: np.sin(c), x)
    program = backward_program(sines)(2.0)
    assert program.own == 2 * 100 + 1  # i + 1 and the sine; x becomes an array
    assert program.counts["numerical"] == 2 * program.own
    assert program.counts["backward"] == 100
    halved = lambda x: lax.while_loop(lambda c: c > 1, lambda c: c / 2, x)
    assert backward_program(halved)(8.0).own >= 6


def test_numbers_of_python_need_no_cast_back():
    def product(x, y, z):
        q = x + y
        return q * z

    program = backward_program(product)(-2.0, 5.0, -4.0)
    assert [line.text for line in program.backward] == ["b = 1.0 * z", "c = 1.0 * q"]


def test_messages_name_what_was_called():
    with pytest.raises(TypeError, match=r"argument x of backward_program\(lambda\)"):
        backward_program(lambda x: float(x) * 2)(2.0)
    found = explain(functools.partial(lambda a, b: a * b, 2.0))(3.0)
    assert "dlambda/db = 2" in str(found)
    with pytest.raises(ValueError, match="heat is True or False, got 'yes'"):
        draw(neuron, heat="yes")


def test_assignments_in_loops_and_of_several_kinds_give_names():
    def newton(x0):
        x = x0
        for _ in range(2):
            x = x - (x * x - 2) / (2 * x)
        u = v = np.sin(x)
        u += x
        r: float = u * v
        return r

    names = [n.name for n in draw(newton)(1.0).graph.operations]
    assert [n for n in names if len(n) > 1 or n in "xuvr"] == [
        "x",
        "x_2",
        "v",
        "u",
        "r",
    ]
    derived = draw(fgrad.grad(newton), depth=2)(1.0).graph.operations
    assert "r" not in [n.name for n in derived[-4:]]


@pytest.mark.parametrize("iteration", [0, 1, 2, -1, 7])
@pytest.mark.parametrize("reverse", [False, True])
def test_another_iteration(iteration, reverse):
    xs = np.linspace(0.2, 1.0, 4)
    body = lambda c, x: (np.sin(c * x), c * x)

    def loop(c, xs):
        last, ys = lax.scan(body, c, xs, reverse=reverse)
        return last + np.sum(ys * xs)

    (box,) = [
        n for n in draw(loop, iteration=iteration)(0.3, xs).graph.operations if n.body
    ]
    k = min(iteration % 4 if iteration < 0 else iteration, 3)
    at_ = 3 - k if reverse else k
    carry, element = box.body.of_kind("input")[:2]
    order = xs[::-1] if reverse else xs
    c = 0.3
    for x in order[:k]:
        c = body(c, x)[0]
    np.testing.assert_allclose(carry.value, c)
    assert element.value == xs[at_]
    assert element.symbol == f"xs[{-1 - k if reverse else k}]"

    def rest(c):  # from this iteration on
        total, others = 0.0, order[k:]
        for x in others:
            c, y = body(c, x)
            total = total + y * x
        return c + total

    np.testing.assert_allclose(carry.gradient, fgrad.grad(rest)(c))
    words = {0: "the first", 3: "the last"}
    assert box.symbol.endswith(words.get(k, f"iteration={k}"))


def test_iterations_are_numbers():
    for show in (draw, explain):
        with pytest.raises(
            ValueError, match=f"^{show.__name__}: iteration is a number"
        ):
            show(neuron, iteration="last")
    rows = [s for s in explain(powers, iteration=-1)(2.0) if s.level == 1]
    assert max(float(s.value) for s in rows) == powers(2.0)


def test_a_rule_of_its_own_has_a_number_too():
    row = next(s for s in explain(calls)(1.5) if "with_cotangent" in s.expression)
    np.testing.assert_allclose(row.local, 4 * np.cos(1.5) / 2)
    assert row.cells[3].startswith("by its own rule = ")


def test_latex_needs_no_packages(tmp_path):
    turned = lambda p: p["w'"] * np.deg2rad(p["σ"])
    text = explain(turned)({"w'": 1.0, "σ": 2.0}).latex()
    assert r"\textquotedbl" not in text and r"$\sigma$" in text and r"$\pi$" in text
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex")
    page = rf"\documentclass{{article}}\begin{{document}}{text}\end{{document}}"
    (tmp_path / "table.tex").write_text(page)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stdout[-500:]


def test_a_card_says_at_least_what_the_edge_says():
    html = draw(recurrent)(*RECURRENT).html()
    assert '"value":"params[\'W\'] = [[0.3, -0.2], [0.1, 0.4]]"' in html


# -- what reviewers found --------------------------------------------------------------


def test_a_letter_is_no_name_of_the_program():
    def swapped(x):
        b, a = x * 2, x * 3
        return a - b

    def chosen(x):
        c = x * 2 if x < 0 else x * 3
        d = c * c
        m, n = np.sin(x), np.cos(d)
        q, r = np.divmod(x, 0.3)
        return m * n + q * r

    graph = draw(swapped)(0.5).graph
    assert [n.code for n in graph.operations] == ["b = x * 2", "a = x * 3", "c = a - b"]
    found = {n.name: n.value for n in draw(chosen)(0.5).graph.operations}
    given = {
        "c": 1.5,
        "d": 2.25,
        "m": np.sin(0.5),
        "n": np.cos(2.25),
        "q": 1.0,
        "r": 0.2,
    }
    for name, value in given.items():
        if name in found:
            np.testing.assert_allclose(found[name], value)
    assert {"c", "d", "m", "n"} <= set(found)


def test_a_letter_is_no_name_where_there_are_no_lines():
    scope = {"np": np}
    exec("def f(x):\n  c = np.sin(x)\n  b = c * x\n  a = b + c\n  return a * a", scope)
    names = [n.name for n in draw(scope["f"])(0.5).graph.operations]
    assert not {"a", "b", "c"} & set(names)


def squared(x):
    s = x * x
    return s


def test_names_of_what_runs_several_times():
    def looped(x):
        for _ in range(3):
            x = np.sin(x)
        y = squared(x)
        z = squared(y)
        total = np.sum(
            z * 2.0,
        )
        mean = (
            total
            / 4.0
        )  # fmt: skip
        return np.mean(mean)

    names = [n.name for n in draw(looped)(0.5).graph.operations]
    assert names[:5] == ["x_2", "x_3", "x_4", "s", "s_2"]
    assert "mean" in names


def evaluated(program, scope):
    """Run both passes of a printed program; return the gradients."""
    scope = {"np": np, **scope}
    for line in (*program.forward, *program.backward):
        exec(line.text.replace("np.zeros(", "zeros("), scope)
    return {k: eval(text, scope) for k, text in program.gradients.items()}


class Changing(np.ndarray):
    """An array that has `at`, as the printed programs want it."""

    @property
    def at(self):
        return at(np.asarray(self))


PROGRAMS = {
    "complex": (lambda x: np.imag(np.exp(1j * x) * np.exp(2j * x)), 0.5),
    "conjugated": (
        lambda x: np.real(np.sum((1 + 2j) * x * np.conj((1 + 2j) * x) * (1 + 2j) * x)),
        np.array([0.5, -1.2, 2.0]),
    ),
    "spectrum": (lambda x: np.abs(np.fft.fft(x)[1]), np.array([0.3, -1.0, 2.0])),
    "single": (lambda x: np.sum(x[1:] * x[0]), np.array([0.3, -1.0, 2.0], np.float32)),
    "maximum": (lambda x: np.sum(np.maximum(x, 0.5) ** 2), np.array([0.5, -1.0, 2.0])),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_printed_program_gives_the_gradient(name):
    function, x = PROGRAMS[name]
    zeros = lambda *args: np.zeros(*args).view(Changing)
    found = evaluated(backward_program(function)(x), {"x": x, "zeros": zeros})["x"]
    expected = fgrad.grad(function)(x)
    np.testing.assert_allclose(found, expected, 1e-6)
    assert np.asarray(found).dtype == np.asarray(expected).dtype


def test_conjugates_and_real_parts_are_named():
    table = explain(lambda x: np.abs(np.conj((1 + 2j) * x)) ** 2)(0.5)
    (row,) = [s for s in table if "conj" in s.expression]
    assert row.cells[3] == "·, conjugated"
    (row,) = [s for s in table if s.to == "x"]
    assert row.cells[3].endswith(", the real part")


def test_a_loop_with_a_named_body_is_still_that_loop():
    def step(i, c):
        return c * 2.0 + i

    (box,) = [
        n for n in draw(lambda x: lax.fori_loop(0, 3, step, x))(1.5).graph.operations
        if n.body
    ]  # fmt: skip
    assert box.symbol == "fori_loop step ×3 iterations, the first"
    assert [n.symbol for n in box.body.of_kind("input")] == ["i", "carry"]


def test_changes_and_indices_are_written_into_nodes():
    f = lambda x: np.sum(at(at(x)[0, 1].set(3.0))[1].add(x[0, 1]))
    symbols = [n.symbol for n in draw(f)(np.ones((2, 2))).graph.operations]
    assert symbols == ["[0, 1] =", "[0, 1]", "[1] +=", "Σ"]


def test_sort_downwards_says_so_itself():
    assert "descending" in inspect.signature(fgrad.numpy.sort).parameters
    with pytest.raises(np.exceptions.AxisError, match="sort"):
        fgrad.numpy.sort(np.ones(3), 5, descending=True)
    x = np.array([2.0, np.nan, 3.0, 2.0, -1.0])
    found = fgrad.numpy.argsort(x, descending=True)
    np.testing.assert_array_equal(found, [2, 0, 3, 4, 1])
