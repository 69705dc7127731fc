"""Calls in graphs and tables; heat maps, sizes, and the languages of other programs."""

import re
import shutil
import struct
import subprocess
import zlib
from base64 import b64decode

import numpy as np
import pytest

import fgrad
from fgrad import lax
from fgrad.graph import backward_program, draw, explain
from fgrad.graph.heat import cells, png
from fgrad.graph.steps import steps_of
from fgrad.graph.wording import number, short, slope
from tests.graph_functions import (
    NEURON,
    RECURRENT,
    calls,
    digits_arguments,
    digits_loss,
    neuron,
    recurrent,
)

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")


def by_symbol(graph):
    return {node.symbol: node for node in graph.operations}


def nodes_of(graph, kind):
    return {n.symbol: n for n in graph.of_kind(kind)}


# -- boxes -----------------------------------------------------------------------------


def test_every_call_is_a_box():
    boxes = by_symbol(draw(calls)(1.5).graph)
    titles = {
        "checkpoint square": ["x²"],
        "cond, branch True": ["×"],
        "while_loop ×3 iterations, the first": ["×", "<"],
        "custom_jvp(with_tangent)": ["sin"],
        "custom_vjp(with_cotangent)": ["sin", "×"],
    }
    for title, symbols in titles.items():
        found = [node.symbol for node in boxes[title].body.operations]
        assert sorted(found) == sorted(symbols), title


def test_the_branch_that_is_not_taken_is_not_shown():
    choose = lambda x: lax.switch(np.int64(2), [np.sin, np.cos, np.exp], x)
    (box,) = draw(choose)(0.5).graph.operations
    assert box.symbol.endswith("branch 2")
    assert [n.symbol for n in box.body.operations] == ["exp"]
    choose = lambda x: lax.cond(x > 0, np.sin, np.cos, x)
    box = draw(choose)(-0.5).graph.operations[-1]
    assert box.symbol.endswith("branch False")
    assert list(nodes_of(box.body, "input")) == ["which branch", "x"]


def test_inputs_of_boxes_have_names():
    graph = draw(fgrad.jit(recurrent), depth=2)(*RECURRENT).graph
    outer = graph.operations[0].body
    assert list(nodes_of(outer, "input")) == ["params['W']", "params['b']", "x"]
    inner = next(n.body for n in outer.operations if n.body is not None)
    names = ["params['W']", "params['b']", "carry", "x[0]"]
    assert list(nodes_of(inner, "input")) == names
    assert list(nodes_of(inner, "output")) == ["carry'", "y"]


@pytest.mark.parametrize("reverse", [False, True])
def test_gradients_of_the_first_iteration(reverse):
    w, xs = 0.7, np.linspace(0.2, 1.0, 4)

    def body(c, x):
        return np.sin(c * w + x), c * x

    def loop(carry):
        last, ys = lax.scan(body, carry, xs, reverse=reverse)
        return last**2 + np.sum(ys * xs)

    (box,) = [n for n in draw(loop)(0.3).graph.operations if n.body is not None]
    carry = nodes_of(box.body, "input")["carry"]
    np.testing.assert_allclose(carry.gradient, fgrad.grad(loop)(0.3))
    first = xs[-1] if reverse else xs[0]
    element = nodes_of(box.body, "input")["xs[-1]" if reverse else "xs[0]"]
    assert element.value == first
    outs = nodes_of(box.body, "output")
    np.testing.assert_allclose(outs["y"].gradient, first)

    def rest(carry):  # what comes after the first iteration
        others = xs[:-1] if reverse else xs[1:]
        last, ys = lax.scan(body, carry, others, reverse=reverse)
        return last**2 + np.sum(ys * others)

    wanted = fgrad.grad(rest)(body(0.3, first)[0])
    np.testing.assert_allclose(outs["carry'"].gradient, wanted)


def test_gradients_of_a_while_loop():
    f = lambda x: lax.while_loop(lambda x: x < 10, lambda x: x * x, x)
    box = by_symbol(draw(f)(1.5).graph)["while_loop ×3 iterations, the first"]
    carry = nodes_of(box.body, "input")["carry"]
    np.testing.assert_allclose(carry.gradient, 8 * 1.5**7)


def test_a_loop_without_iterations_has_no_box():
    f = lambda x: lax.while_loop(lambda x: x < 10, lambda x: x * x, x)
    (loop,) = [n for n in draw(f)(20.0).graph.operations if n.kind == "call"]
    assert loop.body is None
    assert "while_loop" in draw(f)(20.0).mermaid()


def test_gradients_flow_through_jit_but_not_into_custom_rules():
    @fgrad.custom_vjp
    def straight(x):
        return np.round(x)

    straight.defvjp(lambda x: (np.round(x), None), lambda _, ct: (ct,))
    graph = draw(fgrad.jit(lambda x: 3 * straight(x)), depth=2)(1.4).graph
    jit_box = graph.operations[0].body
    assert nodes_of(graph, "input")["x"].gradient == 3.0
    assert nodes_of(jit_box, "input")["x"].gradient == 3.0
    rule = next(n.body for n in jit_box.operations if n.body is not None)
    assert [n.gradient for n in rule.nodes] == [None] * len(rule.nodes)
    steps = explain(fgrad.jit(lambda x: 3 * straight(x)))(1.4)
    assert "by its own rule" in str(steps)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_depth(depth):
    def levels(graph):
        return max([1 + levels(n.body) for n in graph.nodes if n.body], default=0)

    graph = draw(fgrad.jit(recurrent), depth=depth)(*RECURRENT).graph
    assert levels(graph) == min(depth, 2)
    rows = list(explain(fgrad.jit(recurrent), depth=depth)(*RECURRENT))
    assert max(step.level for step in rows) == min(depth, 2)


@pytest.mark.parametrize("show", [draw, explain])
@pytest.mark.parametrize("depth", [-1, None, 1.5])
def test_bad_depths(show, depth):
    with pytest.raises(ValueError, match="depth is a number of levels >= 0"):
        show(neuron, depth=depth)


def test_bad_directions():
    with pytest.raises(ValueError, match='direction is "LR" or "TB"'):
        draw(neuron, direction="up")


def test_graphs_that_nobody_can_read():
    def long(x):
        for _ in range(50):
            x = np.sin(x)
        return x

    with pytest.raises(ValueError, match=r"more than max_nodes=20.*lax\.scan"):
        draw(long, max_nodes=20)(1.0)
    assert len(draw(long, max_nodes=60)(1.0).graph.operations) == 50


# -- other languages -------------------------------------------------------------------

_ID = r"n\d+(?:_n\d+)*"
_TEXT = r'"(?:[^"#$<>&*+`~|\\]|#\d+;|<br>)*"'
_MERMAID = re.compile(
    rf"flowchart (?:LR|TB)|end|subgraph {_ID}\[{_TEXT}\]"
    rf"|{_ID}(?:\[{_TEXT}\]|\(\({_TEXT}\)\)|\[\[{_TEXT}\]\]|>{_TEXT}\])"
    rf"|{_ID} -->\|{_TEXT}\| {_ID}"
)


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_mermaid_has_nothing_that_means_something_else(depth):
    odd = lambda p: np.sum(p['a"b'] * p["<c> | `d`"] + p["x_1*"])
    params = {'a"b': 1.0, "<c> | `d`": 2.0, "x_1*": np.ones(2)}
    texts = [
        draw(odd, depth=depth)(params).mermaid(),
        draw(calls, depth=depth, direction="TB")(1.5).mermaid(),
        draw(fgrad.jit(recurrent), depth=depth)(*RECURRENT).mermaid(),
    ]
    for text in texts:
        lines = [line.strip() for line in text.splitlines()]
        assert [line for line in lines if not _MERMAID.fullmatch(line)] == []
        assert text.count("subgraph") == lines.count("end")


@needs_dot
@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("heat", [False, True])
def test_graphviz_draws_without_a_word(depth, heat):
    for function, args in [(calls, (1.5,)), (fgrad.jit(recurrent), RECURRENT)]:
        text = draw(function, depth=depth, heat=heat)(*args).dot()
        found = subprocess.run(
            ["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=True
        )
        assert found.stderr == b""
        assert found.stdout.count(b"cluster") >= min(depth, 1)


@needs_dot
def test_the_loop_inside_of_jit_in_a_picture():
    svg = draw(fgrad.jit(recurrent), depth=2)(*RECURRENT).svg()
    assert "recurrent" in svg and "scan body ×5 iterations, the first" in svg


@needs_dot
def test_the_digits_fit_on_a_page():
    svg = draw(digits_loss, direction="TB")(*digits_arguments()).svg()
    width, height = map(float, re.findall(r'(?:width|height)="(\d+)pt"', svg)[:2])
    page = 595, 842  # points, A4
    scale = min(page[0] / width, page[1] / height)
    assert scale > 0.45  # letters of 12 points are still larger than 5
    assert {"params[&#39;w0&#39;]", "f64[32,64]"} <= set(re.findall(r">([^<]+)<", svg))


# -- numbers and pictures of arrays ----------------------------------------------------


def test_numbers_are_short():
    assert [number(x) for x in (0.3564652, -0.0, 1234567.0, np.inf)] == [
        "0.3565", "0", "1.235e+06", "inf",
    ]  # fmt: skip
    assert slope(0.0927609) == "0.092761" and slope(1 + 2j) == "1+2j"
    assert short(np.array([[1, 2], [3, 4]])) == "[[1, 2], [3, 4]]"
    assert short(np.full(9, np.nan)) == "f64[9], mean nan, nan to nan"
    assert short(np.arange(9)) == "i64[9], mean 4, 0 to 8"
    assert short(np.zeros((0, 3))) == "f64[0,3]"
    assert short(np.array([True, False])) == "[True, False]"


def test_heat_maps_are_pictures_of_the_arrays():
    x = np.arange(-6.0, 6.0).reshape(3, 4)
    data = b64decode(png(cells(x, 24)).split(",")[1])
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (4, 3)
    start = data.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", data[start - 8 : start - 4])
    rows = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8)
    pixels = rows.reshape(3, 13)[:, 1:].reshape(3, 4, 3)
    assert pixels[0, 0].tolist() == [190, 40, 24]  # the most negative: red
    assert pixels[1, 2].tolist() == [255, 255, 255]  # zero: white
    assert (pixels[2, 3] < pixels[1, 3]).any()  # larger: stronger


@pytest.mark.parametrize(
    "x", [np.zeros(5), np.full((2, 2), np.nan), np.array([np.inf, 1])]
)
def test_heat_maps_of_odd_arrays(x):
    assert np.isfinite(cells(x, 24)).all()


@pytest.mark.parametrize("x", [1.0, np.ones((2, 2, 2)), np.array([1j, 2]), np.ones(0)])
def test_what_has_no_heat_map(x):
    assert cells(x, 24) is None


def test_large_arrays_have_small_heat_maps():
    assert cells(np.zeros((1000, 7)), 24).shape == (24, 7, 3)
    text = draw(digits_loss, heat=True)(*digits_arguments())
    assert text.html().count("data:image/png") > 30
    assert text.dot().count("bgcolor") > 1000
    assert len(text.html()) < 200_000
    assert "data:image" not in draw(digits_loss)(*digits_arguments()).html()


# -- steps and tables ------------------------------------------------------------------


def test_steps_go_through_boxes_in_the_order_of_execution():
    graph = draw(fgrad.jit(recurrent), depth=2)(*RECURRENT).graph
    steps = steps_of(graph)
    forward = [s.node for s in steps if s.phase == "forward"]
    backward = [s.node for s in steps if s.phase == "backward"]
    loop = next(n.key for n in graph.everywhere() if "scan" in n.symbol)
    inner = [k for k in forward if k.startswith(f"{loop}_")]
    assert inner and inner == sorted(inner, key=lambda k: int(k.rpartition("n")[2]))
    first = forward.index(loop)
    assert forward[first : first + len(inner) + 2] == [loop, *inner, loop]
    assert [k for k in backward if k in inner] == inner[::-1]
    edges = {e.key for g in _graphs(graph) for e in g.edges if e.gradient is not None}
    assert edges == {key for s in steps if s.phase == "backward" for key in s.edges}


def _graphs(graph):
    yield graph
    for node in graph.nodes:
        if node.body is not None:
            yield from _graphs(node.body)


def test_no_gradients_no_backward_steps():
    steps = steps_of(draw(np.sin)(np.ones(3)).graph)
    assert {step.phase for step in steps} == {"forward"}


def test_rows_of_calls_have_rows_of_their_own():
    steps = list(explain(calls)(1.5))
    loop = next(i for i, s in enumerate(steps) if "while_loop" in s.expression)
    assert steps[loop].formula == "of the whole call"
    np.testing.assert_allclose(steps[loop].product, 8 * 1.5**7)
    assert [s.level for s in steps[loop : loop + 3]] == [0, 1, 1]
    goes_on, value = steps[loop].value
    assert not goes_on
    np.testing.assert_allclose(value, 1.5**8)
    inside = sum(s.product for s in steps[loop + 1 : loop + 3])
    np.testing.assert_allclose(inside, steps[loop].product)


def test_broadcast_arguments_say_what_is_summed():
    f = lambda a, b, c: np.sum(a * b + c)
    table = explain(f)(np.ones((3, 4)), np.ones(4), 2.0)
    by_target = {step.to: step for step in table}
    assert by_target["b"].formula == "a, summed over axis 0: it was broadcast"
    assert by_target["c"].formula == "1, summed over axes [0, 1]: it was broadcast"
    assert by_target["a"].formula == "b" and by_target["a"].local is not None
    np.testing.assert_allclose(by_target["c"].product, 12)


def test_tables_escape_what_means_something():
    params = {"a_1|<b>": 2.0, "100%": 3.0}
    table = explain(lambda p: p["a_1|<b>"] * p["100%"])(params)
    assert "a\\_1\\textbar{}\\textless{}b\\textgreater{}" in table.latex()
    assert "100\\%" in table.latex()
    _check_rows(table.latex())
    _check_rows(explain(calls)(1.5).latex())
    cells_ = [re.split(r"(?<!\\)\|", row) for row in table.markdown().splitlines()]
    assert {len(row) for row in cells_} == {9}
    assert "<b>" not in table.html() and "&lt;b&gt;" in table.html()


def _check_rows(latex):
    """Check that no row has unescaped letters of LaTeX's own."""
    for row in latex.splitlines()[3:-1]:
        plain = row.removesuffix(" \\\\")
        plain = re.sub(r"\\[a-z]+(?:\{\}| )|\\[&%$#_{}]|\$[^$]*\$", "", plain)
        plain = re.sub(r"\{[-\[\]]\}", "", plain)
        assert not set(plain) & set('%$#_{}^~\\<>|"'), row
        assert plain.count("&") == 6


def test_notebooks_show_tables():
    assert explain(neuron)(*NEURON)._repr_html_().startswith("<table>")
    assert backward_program(neuron)(*NEURON)._repr_html_().startswith("<table>")


# -- programs --------------------------------------------------------------------------


def test_the_backward_program_of_arrays_and_trees():
    programs = backward_program(recurrent)(*RECURRENT)
    assert programs.numbers == 4 + 2 + 10
    assert programs.counts["numerical"] == 2 * 16 * programs.own
    assert any("scan" in line.text for line in programs.forward)
    params, x, _ = digits_arguments()
    layer = lambda params, x: np.sum(np.tanh(x @ params["w2"] + params["b2"]))
    programs = backward_program(layer)({k: params[k] for k in ("w2", "b2")}, x)
    assert programs.numbers == 64 * 10 + 10 + 32 * 64
    assert programs.counts["backward"] < 3 * programs.counts["forward"]


def test_jit_is_looked_into():
    jitted = backward_program(fgrad.jit(neuron))(*NEURON)
    assert jitted.counts["forward"] == 9 and jitted.counts["backward"] >= 7
    assert jitted.shared and "jit" not in str(jitted)


def test_what_is_computed_once_and_read_twice():
    def shared(x):
        s = np.exp(x)
        return s * s

    programs = backward_program(shared)(0.5)
    assert programs.shared["s"] == 2 and programs.reused["s"] == 4
    assert (
        "Computed once and read more often: s (4 times), b (2 times)"
        in programs.markdown()
    )
    left, right = programs.markdown().splitlines()[2].split("|")[1:3]
    assert "# read by" in left and "# reads s" in right


def test_programs_without_gradients():
    with pytest.raises(TypeError, match="no argument has floats"):
        backward_program(lambda x: x * 2)(3)
    with pytest.raises(TypeError, match="scalar"):
        backward_program(np.sin)(np.ones(3))


# -- jaxprs ----------------------------------------------------------------------------


def test_jaxprs_in_notebooks_have_colours():
    jaxpr = fgrad.make_jaxpr(lambda x: np.sum(np.sin(x) * 2.0, axis=0))(np.ones(3))
    html = jaxpr._repr_html_()
    colours = dict(re.findall(r'<span style="color:(#\w+)">([^<]+)</span>', html)[::-1])
    assert set(re.findall(r">(\w+)</span>", html)) >= {"lambda", "let", "sin", "in"}
    assert {"#cf222e", "#57606a", "#8250df", "#953800", "#0550ae"} == set(colours)
    text = re.sub(r"<[^>]+>", "", html).replace("&lt;", "<").replace("&gt;", ">")
    assert text == str(jaxpr)


def test_constants_of_jaxprs_are_escaped():
    jaxpr = fgrad.make_jaxpr(lambda x: x + np.ones(3))(np.ones(3))
    html = jaxpr._repr_html_()
    assert "&lt;" in html and "<f64" not in html


# -- what runs for its effect, and what is written to ----------------------------------


def loud(x):
    fgrad.debug.print("x = {}", x)
    return np.sin(x)


@pytest.mark.parametrize("function", [loud, fgrad.jit(loud)])
@pytest.mark.parametrize("show", [draw, explain, backward_program])
def test_what_is_printed_is_printed_once(function, show, capsys):
    shown = show(function)(0.5)
    assert capsys.readouterr().out == "x = 0.5\n"
    assert "x" in (shown.html() if show is not draw else shown.dot())


def test_prints_belong_to_the_forward_pass():
    programs = backward_program(loud)(0.5)
    assert programs.forward[0].names == ()
    assert not any(line.names == () for line in programs.backward)


def test_results_from_outside_are_not_asked_for_again():
    asked = []

    def outside(x):
        asked.append(x)
        return np.asarray(x) * 2

    f = fgrad.jit(lambda x: fgrad.io_callback(outside, x, x))
    graph = draw(f, grad=False)(2.0).graph
    assert len(asked) == 1 and graph.operations[0].body is None


def test_what_has_no_derivative_can_be_drawn_without():
    f = lambda x: fgrad.pure_callback(np.sin, x, x)
    with pytest.raises(fgrad.errors.MissingRuleError) as found:
        draw(f)(0.5)
    assert "draw(f, grad=False)" in found.value.__notes__[0]
    assert len(draw(f, grad=False)(0.5).graph.operations) == 1


def test_item_assignment():
    def f(x):
        y = np.zeros_like(x)
        y[0] = 2 * x[1]
        y[1:] += x[1:] ** 2
        return np.sum(y)

    x = np.arange(4.0)
    graph = draw(f)(x).graph
    np.testing.assert_allclose(nodes_of(graph, "input")["x"].gradient, fgrad.grad(f)(x))
    np.testing.assert_allclose(explain(f)(x).results["x"], fgrad.grad(f)(x))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sum(np.linalg.svd(x)[1]),
        lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2),
        lambda x: np.sum(x * (x > 1)) + x[[0, 0], 1].sum(),
        lambda x: fgrad.stop_gradient(x)[0, 0] * x[0, 1],
        lambda x: np.sum(fgrad.vmap(lambda r: lax.map(np.sin, r))(x)),
        lambda x: np.sum(fgrad.grad(lambda y: np.sum(np.sin(y) ** 2))(x)),
        lambda x: np.sum(lax.associative_scan(np.multiply, x)),
        lambda x: np.sum(x[:0]),
        lambda x: x[0, 0],
    ],
)
def test_gradients_are_those_of_grad(function):
    x = np.array([[0.5, 1.5, -0.3], [2.0, 0.1, 0.7]])
    drawing = draw(function, depth=3)(x)
    given = nodes_of(drawing.graph, "input")["x"].gradient
    wanted = fgrad.grad(function)(x)
    given = np.zeros_like(wanted) if given is None else given
    np.testing.assert_allclose(given, wanted, atol=1e-12)
    np.testing.assert_allclose(explain(function, depth=3)(x).results["x"], wanted)
    assert drawing.html() and drawing.mermaid() and drawing.dot()
