"""What new users found in graphs, tables and pages, and what must stay so."""

import shutil
import subprocess

import numpy as np
import pytest

import fgrad
from fgrad import lax
from fgrad.graph import backward_program, draw, explain
from fgrad.graph.heat import cells
from fgrad.graph.steps import steps_of
from tests.graph_functions import (
    NEURON,
    RECURRENT,
    calls,
    digits_arguments,
    digits_loss,
    neuron,
    recurrent,
)

pair = fgrad.jit(lambda y: (lambda z: (z, np.sin(z)))(y * y))


def both(x):
    a, b = pair(x)
    return a * 3 + b * 5


def unused_output(xs):
    return lax.scan(lambda c, x: (c * x + 1, c), 1.0, xs)[0]


def nested(x):
    inner = fgrad.jit(lambda x: np.sin(x) * x)
    outer = fgrad.jit(lambda x: (inner(x), x * inner(x)))
    a, b = outer(x)
    return lax.cond(a > b, lambda a, b: a * b, lambda a, b: a - b * a, a, b)


def filled(x):
    y = np.zeros_like(x)
    y[0] = x[1] * x[0]
    y[1:] = np.sin(x[1:])
    return np.sum(y * y)


def powers(x):
    return lax.while_loop(lambda c: c < 9, lambda c: c * c * x, x)


# -- gradients on edges ----------------------------------------------------------------

GRAPHS = {
    "neuron": (neuron, NEURON),
    "both": (both, (1.2,)),
    "unused output": (unused_output, (np.arange(1.0, 5),)),
    "nested": (nested, (0.7,)),
    "calls": (calls, (1.5,)),
    "recurrent": (fgrad.jit(recurrent), RECURRENT),
    "digits": (digits_loss, digits_arguments()),
    "filled": (filled, (np.array([0.3, 0.6, 0.9]),)),
    "while": (
        lambda x: lax.while_loop(lambda c: c < 9, lambda c: c * c * x, x),
        (2.0,),
    ),
}


def flows(graph):
    """Yield every value with readers: its gradient, and what these hand back."""
    for node in graph.nodes:
        if node.body is not None:
            yield from flows(node.body)
        gradients = node.gradient if isinstance(node.value, tuple) else [node.gradient]
        for out, gradient in enumerate(gradients or ()):
            handed = [
                e.gradient
                for e in graph.edges
                if (e.source, e.out) == (node.key, out) and e.gradient is not None
            ]
            if gradient is not None and handed:
                yield node.code, gradient, handed


@pytest.mark.parametrize("name", GRAPHS)
def test_what_readers_hand_back_is_the_gradient(name):
    function, args = GRAPHS[name]
    found = list(flows(draw(function, depth=9)(*args).graph))
    assert len(found) > 2
    for code, gradient, handed in found:
        np.testing.assert_allclose(sum(handed), gradient, err_msg=code, atol=1e-15)


@pytest.mark.parametrize("name", GRAPHS)
def test_rows_of_the_table_sum_up_to_the_gradient(name):
    function, args = GRAPHS[name]
    table = explain(function, depth=9)(*args)
    for label, gradient in table.results.items():
        rows = [s.product for s in table if s.level == 0 and s.to == label]
        np.testing.assert_allclose(sum(rows), gradient, atol=1e-15)
    for step in table:
        if step.local is not None and not isinstance(step.upstream, tuple):
            product = step.upstream * step.local
            if np.shape(product) == np.shape(step.product):
                np.testing.assert_allclose(product, step.product, atol=1e-15)


def test_an_output_of_a_box_has_what_flows_into_it_alone():
    (box,) = [n for n in draw(both)(1.2).graph.operations if n.body]
    assert [n.gradient for n in box.body.of_kind("output")] == [3.0, 5.0]
    rows = [s for s in explain(both)(1.2) if s.level == 1]
    assert [s.expression for s in rows[:2]] == ["output0 = f", "output1 = g"]
    to_f = [s.product for s in rows if s.to == "f"]
    np.testing.assert_allclose(sum(to_f), 3 + 5 * np.cos(1.44))


# -- several values --------------------------------------------------------------------


def test_an_operation_with_several_values_shows_them_all():
    loop = lambda x: lax.while_loop(lambda c: c < 10, lambda c: c * c, x)
    texts = [step.text for step in steps_of(draw(loop)(2.0).graph)]
    assert "b, d = while_loop(a, x) = (False, 16)" in texts  # c is the lambda's
    assert any("gets (none, 1) and hands 32 to x" in text for text in texts)
    (step,) = explain(lambda x: np.linalg.slogdet(x)[1])(np.diag([2.0, 3.0]))
    assert step.value[0] == 1 and step.upstream == (None, 1.0)
    np.testing.assert_allclose(step.value[1], np.log(6.0))
    row = next(s for s in explain(both)(1.2) if s.expression.startswith("a, b"))
    assert row.upstream == (3.0, 5.0) and row.cells[2] == "(3, 5)"


def test_names_are_not_used_again_inside_of_a_call():
    made = [
        name
        for node in draw(nested, depth=9)(0.7).graph.everywhere()
        if node.kind in ("operation", "call")
        for name in node.name.split(", ")
    ]
    assert len(made) == len(set(made)) > 8
    table = explain(both)(1.2)
    outer = {s.expression.split(" = ")[0] for s in table if s.level == 0}
    inner = {s.expression.split(" = ")[0] for s in table if s.level == 1}
    assert not {"a", "b", "c", "d", "e"} & inner and "a, b" in outer


def test_a_name_that_is_given_again_has_a_number():
    def again(x):
        y = x * 2
        y = np.sin(y)
        return y + 1

    assert [n.name for n in draw(again)(1.0).graph.operations] == ["y", "y_2", "a"]
    program = backward_program(again)(1.0)
    assert [line.names for line in program.backward] == [("b",), ("c",), ("d",)]


def test_the_name_is_that_of_the_whole_expression():
    def mean(x):
        m = np.mean(x)
        return m * m

    names = [n.name for n in draw(mean)(np.ones(3)).graph.operations]
    assert names == ["a", "m", "b"]


# -- how it is written -----------------------------------------------------------------


def test_real_arguments_of_complex_operations_have_no_number_as_slope():
    table = explain(lambda x: np.abs((x + 1j * x**2) * np.exp(1j * x)))(1.2)
    row = next(s for s in table if s.expression == "b = 1j * a")
    assert row.cells[3] == "1j, the real part" and row.local is None


@pytest.mark.parametrize("x, branch", [(7.2, 2), (1.5, 1), (-3.2, 0)])
def test_the_branch_that_runs_is_named(x, branch):
    branches = [np.sin, np.cos, lambda x: x**2]
    choose = lambda x: lax.switch(np.floor(x).astype(int), branches, x)
    assert draw(choose)(x).graph.operations[-1].symbol == f"switch, branch {branch}"


def test_zero_times_infinity_and_ties_are_explained():
    with np.errstate(all="ignore"):
        row = list(explain(lambda x: np.log(x) * 0)(0.0))[-1]
    assert row.cells[3] == "1/x = inf, but nothing flows in"
    (row,) = explain(lambda x: np.maximum(x, 2.0))(2.0)
    assert row.cells[3] == "1 where x is larger, ½ if equal = 0.5"


def test_indices_are_in_the_nodes():
    graph = draw(lambda x, i: x[1] * x[:2].sum() * x[i])(np.arange(3.0), 1).graph
    symbols = [n.symbol for n in graph.operations]
    assert [s for s in symbols if s[0] == "["] == ["[1]", "[:2]", "[i]"]


def test_loops_are_called_as_their_users_call_them():
    count = lambda x: lax.fori_loop(0, 3, lambda i, c: c * x, 1.0)
    (box,) = draw(count)(2.0).graph.operations
    assert box.symbol == "fori_loop ×3 iterations, the first"
    assert [n.symbol for n in box.body.of_kind("input")] == ["x", "i", "carry"]
    each = lambda x: np.sum(lax.map(lambda y: y * 2, x))
    assert draw(each)(np.ones(3)).graph.operations[0].symbol.startswith("map ×3")


def test_numbers_and_arrays_are_written_short():
    row = next(iter(explain(lambda x: x**-1.0)(2.0)))
    assert row.cells[3] == "-1.0 x^(-2) = -0.25"
    row = list(explain(lambda x: np.sum(x * np.array([1.0, 2.0])))(np.ones(2)))[-1]
    assert row.cells[3] == "[1, 2]"
    row = next(iter(explain(lambda x: np.sum(x + np.ones(2)))(np.ones(2))))
    assert row.cells[3] == "1 for every element"
    long = draw(lambda z: z * 2)(np.full(6, 0.12345 + 1.2345j)).graph
    assert long.edges[0].value.shape == (6,)
    assert "c128[6]" in draw(lambda z: z * 2)(np.full(6, 0.12345 + 1.2345j)).mermaid()


def test_nan_and_infinity_have_colours():
    colours = cells(np.array([[np.nan, 1.0, np.inf], [0.0, -0.5, -np.inf]]), 24)
    nan, one, infinity, zero = (
        colours[0, 0],
        colours[0, 1],
        colours[0, 2],
        colours[1, 0],
    )
    assert len({tuple(c) for c in (nan, one, zero)}) == 3
    assert (one == infinity).all() and (zero == 255).all()


# -- the program of the gradient -------------------------------------------------------


def test_it_is_said_which_value_is_the_gradient():
    text = str(backward_program(neuron)(*NEURON))
    assert "dneuron/dw = p" in text and "dneuron/db = o" in text
    assert "dlambda/dx = 2.0" in str(backward_program(lambda x: x * 2)(2.0))


def test_the_same_value_is_computed_once():
    f = lambda x, y: np.sum(np.tanh(x * y) ** 2 / np.sqrt(1 + x * x))
    program = backward_program(f)(np.ones(2), np.ones(2))
    right = [line.text.split(" = ")[1] for line in program.backward]
    assert len(right) == len(set(right)) > 8


def test_what_numpy_does_not_have_shows_its_parameters():
    text = str(backward_program(lambda p: p[0] * p[1])(np.ones(2)))
    assert "np.zeros((2,)).at[1].set(e)" in text


def test_complex_arguments_have_two_directions():
    program = backward_program(lambda z: np.abs(z) ** 2)(2.0 + 1j)
    assert program.counts["numerical"] == 2 * 2 * program.counts["forward"]


@pytest.mark.parametrize("result, what", [
    (lambda x: {"a": x, "b": x}, r"Choose one of them: .*f\(x\)\['a'\]"),
    (lambda x: (x, x), r"Choose one of them: .*f\(x\)\[0\]"),
    (lambda x: None, "the function returned no array"),
    (lambda x: "text", "the function returned 'text'"),
    (lambda x: x * np.ones(2), r"Sum it: .*np.sum\(f\(x\)\)"),
])  # fmt: skip
@pytest.mark.parametrize("show", [explain, backward_program])
def test_other_results_are_refused_in_the_name_of_what_was_called(show, result, what):
    with pytest.raises(TypeError, match=f"^{show.__name__}.*{what}"):
        show(result)(2.0)


def test_one_float_in_a_tuple_is_a_scalar():
    assert explain(lambda x: (x * x,))(3.0).results["x"] == 6.0
    assert backward_program(lambda x: (x * x,))(3.0).counts["forward"] == 1


# -- bad input -------------------------------------------------------------------------


@pytest.mark.parametrize("show", [explain, backward_program])
def test_integers_have_no_gradient(show):
    with pytest.raises(TypeError, match=r"no argument has floats.*Write 3\.0"):
        show(lambda x: x * 2.0)(3)


@pytest.mark.parametrize("how, what", [
    ({"depth": -1}, "got -1"), ({"depth": 1.0}, r"got 1\.0"),
    ({"depth": True}, "got True"),
    ({"max_nodes": "9"}, "got '9'"), ({"max_nodes": 0}, "got 0"),
    ({"grad": "yes"}, "got 'yes'"), ({"direction": "BT"}, "got 'BT'"),
])  # fmt: skip
def test_bad_options_are_shown(how, what):
    with pytest.raises(ValueError, match=f"^draw: .*{what}"):
        draw(np.sin, **how)


def test_the_number_of_nodes_in_the_advice_is_enough():
    many = lambda x: sum(x * i for i in range(600))
    with pytest.raises(ValueError, match="allow it") as error:
        draw(many)(2.0)
    most = int(str(error.value).split("max_nodes=")[-1].rstrip(")"))
    assert len(list(draw(many, max_nodes=most)(2.0).graph.everywhere())) == most


def test_depth_may_be_an_integer_of_numpy():
    assert draw(both, depth=np.int64(0))(1.2).graph.operations[0].body is None


def test_names_and_docs_are_those_of_the_function():
    for show in (draw, explain, backward_program):
        assert show(neuron).__name__ == "neuron"


def test_saving(tmp_path):
    drawing = draw(neuron)(*NEURON)
    drawing.save(tmp_path / "A.HTML")
    assert (tmp_path / "A.HTML").read_text().startswith("<!doctype html>")
    with pytest.raises(TypeError, match="save: the path is a string or a Path, got 3"):
        drawing.save(3)


# -- pictures --------------------------------------------------------------------------


def ends(drawing):
    """Return where the edges end, as Graphviz places them, by source and target."""
    run = ["dot", "-Tplain"]
    text = subprocess.run(
        run, input=drawing.dot(), capture_output=True, text=True
    ).stdout
    found = {}
    for line in text.splitlines():
        kind, *words = line.split()
        if kind == "edge":
            count = int(words[2])
            found[words[0].strip('"'), words[1]] = tuple(
                map(float, words[2 * count + 1 : 2 * count + 3])
            )
    return found


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_operands_are_in_their_order(direction):
    def order(x, y):
        s = x + 1
        return (y / s) ** s - x

    for function, args in ((order, (2.0, 3.0)), (neuron, NEURON)):
        drawing = draw(function, direction=direction)(*args)
        place = ends(drawing)
        pairs = [n.key for n in drawing.graph.operations if len(n.locals) == 2]
        assert len(pairs) >= 4
        for key in pairs:
            first, second = (place[f"{key}/{i}", key] for i in (0, 1))
            if direction == "LR":
                assert first[1] > second[1]  # y grows upwards
            else:
                assert first[0] < second[0]
