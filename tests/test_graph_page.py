"""The page of a graph in a real browser: what it shows, and what one can do with it."""

import functools
import json
import re
import shutil
import subprocess
from html import unescape

import numpy as np
import pytest

import fgrad
from fgrad import lax
from fgrad.graph import draw
from tests.graph_functions import (
    NEURON,
    RECURRENT,
    SQUARES,
    calls,
    circuit,
    digits_arguments,
    digits_loss,
    neuron,
    product,
    recurrent,
    squares,
)

BROWSER = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])),
    None,
)


@functools.cache
def browser_runs():
    """Whether there is a browser that starts, not only its name."""
    command = [BROWSER, "--version", "--no-sandbox"]
    try:
        return (
            BROWSER is not None
            and not subprocess.run(command, capture_output=True, timeout=60).returncode
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --disable-dev-shm-usage --window-size=1400,700 --virtual-time-budget=60000
""".split()

_PROBE = """
<script>
const told = {};
const press = (id, times = 1) => { while (times--) byId(id).click(); };
const key = name => dispatchEvent(new KeyboardEvent("keydown", {key: name}));
const texts = selector => [...svg.querySelectorAll(selector)].map(t => t.textContent);
const seen = name => texts(`.edge .${name}:not(.hidden)`);
const drawn = () => [...svg.querySelectorAll(".node")].map(n => n.dataset.key);
window.onerror = message => { document.title = JSON.stringify({error: message}); };
const finish = () => { document.title = JSON.stringify(told); };
%s
</script></body>
"""


@pytest.fixture
def browse(tmp_path):
    """Return a function that opens a page, runs a script there, and returns `told`."""
    if not browser_runs():
        pytest.skip("needs Chromium")

    def opened(drawing, script):
        script = script if "finish" in script else script + "\nfinish();"
        page = drawing.html().replace("</body>", _PROBE % script)
        (tmp_path / "page.html").write_text(page)
        found = subprocess.run(
            [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}",
             "--dump-dom", f"file://{tmp_path / 'page.html'}"],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        title = re.search(r"<title>(.*?)</title>", found.stdout, re.S)[1]
        told = json.loads(unescape(title))
        assert "error" not in told, told
        return told

    return opened


def test_stepping_through_both_passes(browse):
    told = browse(
        draw(neuron)(*NEURON),
        """
        press("first");
        told.first = [status.textContent, byId("back").disabled, seen("value")];
        press("next", 2);
        told.second = [status.textContent, status.className];
        told.values = seen("value"); told.gradients = seen("gradient");
        press("back");
        told.back = [status.textContent, seen("value").includes("1.94")];
        press("last");
        told.last = [status.textContent, status.className, byId("next").disabled];
        told.all = seen("gradient");
        told.output = seen("value");
        press("first"); press("next", 11);
        told.seed = [status.textContent, seen("gradient")];
        """,
    )
    text, disabled, values = told["first"]
    assert text == "20 steps" and disabled
    assert {"[0.5, 0.2]", "1.83"} <= set(values) and "1.94" not in values
    assert told["second"] == ["forward 2/20: s = a + b = 1.94", "forward"]
    assert "1.94" in told["values"] and "0.8744" not in told["values"]
    assert told["gradients"] == []
    assert told["back"][1] is False and told["back"][0].startswith("forward 1/20: a =")
    assert told["last"][0].endswith("hands [0.009276, 0.027828] to w")
    assert told["last"][1:] == ["backward", True]
    assert {"0.092761", "[0.009276, 0.027828]", "0.84435"} <= set(told["all"])
    assert {"1.94", "0.8744", "0.3565"} <= set(told["output"])
    assert told["seed"][0].startswith("backward 11/20: the gradient of the output")
    assert told["seed"][1] == ["1"]


def test_the_keyboard(browse):
    told = browse(
        draw(neuron)(*NEURON),
        """
        key("Home"); told.home = status.textContent;
        key("ArrowRight"); key("ArrowRight"); told.right = status.textContent;
        key("ArrowLeft"); told.left = status.textContent;
        key("End"); told.end = status.textContent;
        const before = view[2];
        key("+"); told.larger = view[2] < before;
        key("-"); key("-"); told.smaller = view[2] > before;
        key("f"); told.fits = view.join() === whole.join();
        """,
    )
    assert told["home"] == "20 steps"
    assert told["right"].startswith("forward 2/20")
    assert told["left"].startswith("forward 1/20")
    assert told["end"].startswith("backward 20/20")
    assert told["larger"] and told["smaller"] and told["fits"]


def test_play_goes_to_the_end(browse):
    told = browse(
        draw(product)(-2.0, 5.0, -4.0),
        """
        press("play");
        told.begun = [byId("play").textContent, status.textContent];
        setTimeout(() => { told.soon = status.textContent; }, 1000);
        setTimeout(() => {
          told.end = [byId("play").textContent, status.textContent];
          finish();
        }, 20000);
        """,
    )
    assert told["begun"] == ["pause", "6 steps"]
    assert told["soon"] == "forward 1/6: q = x + y = 3"
    assert told["end"] == ["play", "backward 6/6: q gets -4 and hands -4 to x, -4 to y"]


def test_cards_of_nodes_and_edges(browse):
    told = browse(
        draw(neuron)(*NEURON),
        """
        const card_of = element => {
          element.dispatchEvent(new Event("mouseenter"));
          const facts = [...card.querySelectorAll("dt")].map(
            dt => [dt.textContent, dt.nextSibling.textContent]);
          element.dispatchEvent(new Event("mouseleave"));
          return Object.fromEntries(facts);
        };
        told.w = card_of(svg.querySelector(".node.input"));
        const node = name => Object.values([...nodes.values()]).find(
          n => n.card.operation.startsWith(name + " = ")).key;
        told.s = card_of(svg.querySelector(`[data-key="${node("s")}"]`));
        told.out = card_of(svg.querySelector(`[data-edge="${node("out")}/1"]`));
        told.empty = card.children.length;
        """,
    )
    assert told["w"]["gradient"] == "[0.00927609256, 0.0278282777]"
    assert told["s"]["value"] == "1.94" and told["s"]["type"] == "f64[]"
    assert told["s"]["operation"] == "s = a + b"
    assert told["s"]["local gradient"] == "by a: 1; by b: 1"
    assert "graph_functions.py" in told["s"]["your line"]
    assert told["s"]["expression"].startswith("np.dot(w")
    edge = told["out"]
    assert edge["local gradient"].startswith("-1/e² = -0.7644")
    assert edge["upstream"].startswith("gradient of out: 0.84435")
    local, upstream = (
        float(edge[k].split()[-1]) for k in ("local gradient", "upstream")
    )
    np.testing.assert_allclose(local * upstream, float(edge["handed back"]), rtol=1e-6)
    assert told["empty"] == 0


def test_boxes_fold_up_and_open(browse):
    told = browse(
        draw(fgrad.jit(recurrent), depth=2)(*RECURRENT),
        """
        const boxes = [...nodes.values()].filter(n => n.body).map(n => n.key);
        const click = key => svg.querySelector(`[data-key="${key}"]`).dispatchEvent(
          new MouseEvent("click"));
        const state = () => ({nodes: drawn().length, width: whole[2],
          inside: drawn().filter(k => k.startsWith(boxes[1] + "_")).length});
        told.boxes = boxes.length;
        told.open = state();
        press("first"); press("next"); told.inside = status.textContent;
        click(boxes[1]); told.inner = state();
        told.symbol = texts(`[data-key="${boxes[1]}"] text`)[0];
        press("first");
        const passed = [];
        while (at < steps.length) { press("next"); passed.push(steps[at - 1].node); }
        told.folded_steps = passed.filter(k => k.startsWith(boxes[1] + "_"));
        click(boxes[1]); told.again = state();
        svg.querySelector(`[data-key="${boxes[0]}"]`).dispatchEvent(
          new KeyboardEvent("keydown", {key: "Enter"}));
        told.outer = state();
        """,
    )
    assert told["boxes"] == 2
    assert told["open"]["inside"] == 11
    assert told["inside"].endswith("begins")
    assert told["inner"]["inside"] == 0
    assert told["inner"]["width"] < told["open"]["width"]
    assert told["symbol"] == "▸ scan body ×5 iterations, the first"
    assert told["folded_steps"] == []
    assert told["again"] == told["open"]
    assert told["outer"]["nodes"] == 5  # three arguments, the call, the output


def test_zooming_and_moving(browse):
    told = browse(
        draw(neuron)(*NEURON),
        """
        fit();
        const box = svg.getBoundingClientRect();
        const middle = {clientX: box.left + box.width / 2, clientY: box.top + 10};
        svg.dispatchEvent(new WheelEvent("wheel", {deltaY: -100, ...middle}));
        told.zoomed = view[2] / whole[2];
        told.centre = (view[0] + view[2] / 2) / (whole[2] / 2);
        const x = view[0];
        const point = (name, clientX) => svg.dispatchEvent(
          new PointerEvent(name, {clientX, clientY: 100}));
        point("pointerdown", 100); point("pointermove", 160);
        dispatchEvent(new PointerEvent("pointerup"));
        told.moved = view[0] < x;
        const after = view[0];
        point("pointermove", 300);
        told.still = view[0] === after;
        press("fit"); told.fits = svg.getAttribute("viewBox") === whole.join(" ");
        """,
    )
    np.testing.assert_allclose(told["zoomed"], 1 / 1.15)
    np.testing.assert_allclose(told["centre"], 1)
    assert told["moved"] and told["still"] and told["fits"]


def test_heat_maps_are_shown(browse):
    told = browse(
        draw(digits_loss, heat=True)(*digits_arguments()),
        """
        told.images = svg.querySelectorAll("image").length;
        svg.querySelector(".node.input").dispatchEvent(new Event("mouseenter"));
        told.card = card.querySelectorAll("img").length;
        setTimeout(() => {
          told.size = [...card.querySelectorAll("img")].map(i => i.naturalWidth);
          finish();
        }, 500);
        """,
    )
    assert told["images"] > 30 and told["card"] == 2
    assert all(0 < width <= 24 for width in told["size"])


_COLLISIONS = """
const rect = e => e.getBoundingClientRect();
const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
fit();
view = [0, 0, svg.clientWidth, svg.clientHeight]; look();  // one unit is one pixel
const numbers = [...svg.querySelectorAll(".edge text")].map(
  e => [e.textContent, rect(e)]);
const shapes = [...svg.querySelectorAll(".node:not(.box)")].map(
  e => [e.textContent, rect(e.querySelector("rect"))]);
const all = [...numbers, ...shapes];
told.count = all.length;
told.collisions = [];
for (let i = 0; i < all.length; i++) for (let j = 0; j < i; j++)
  if (meet(all[i][1], all[j][1])) told.collisions.push([all[i][0], all[j][0]]);
told.wide = [...svg.querySelectorAll(".node:not(.constant):not(.output)")].filter(e =>
  rect(e.querySelector("text")).width > rect(e.querySelector("rect")).width)
  .map(e => e.textContent);
"""


def long_names(parameters, x):
    layers = parameters["the_first_of_many_layers"]
    return np.sum(np.tanh(layers["weights"] @ x) * layers["a_scale_for_each_unit"])


def wide(x):
    parts = [np.sin(x * k) for k in range(1, 8)]
    return lax.cond(parts[0] > 0, lambda *xs: sum(xs), lambda *xs: xs[0], *parts)


def chain(x):
    for k in range(110):
        x = np.sin(x) + x * (0.5 + k)
    return x


GRAPHS = {
    "neuron": (neuron, NEURON, {}),
    "product": (product, (-2.0, 5.0, -4.0), {}),
    "circuit": (circuit, (2.0, -1.0, -3.0, -2.0, -3.0), {}),
    "squares": (squares, SQUARES, {}),
    "calls": (calls, (1.5,), {}),
    "recurrent": (fgrad.jit(recurrent), RECURRENT, {"depth": 2}),
    "digits": (digits_loss, digits_arguments(), {}),
    "heat": (digits_loss, digits_arguments(), {"heat": True}),
    "names": (
        long_names,
        ({"the_first_of_many_layers": {"weights": np.ones((3, 2)),
                                       "a_scale_for_each_unit": np.ones(3)}},
         np.ones(2)),
        {},
    ),
    "wide": (wide, (0.3,), {}),
    "chain": (chain, (0.1,), {}),
}  # fmt: skip


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", GRAPHS)
def test_numbers_and_nodes_do_not_lie_upon_each_other(browse, name, direction):
    function, args, how = GRAPHS[name]
    told = browse(draw(function, direction=direction, **how)(*args), _COLLISIONS)
    assert told["count"] > 8
    assert told["collisions"] == []
    assert told["wide"] == []


def test_a_page_runs_from_the_top_and_is_turned(browse):
    told = browse(
        draw(calls, direction="TB")(1.5),
        """
        const runs = () => edges.size && [...edges.values()].map(e => {
          const centre = key => {
            const box = svg.querySelector(`[data-key="${key}"] > rect`).getBBox();
            return [box.x + box.width / 2, box.y + box.height / 2];
          };
          const [a, b] = [centre(e.source), centre(e.target)];
          return [b[0] - a[0], b[1] - a[1]];
        });
        told.down = runs(); press("turn"); told.right = runs();
        key("t"); told.again = runs();
        """,
    )
    assert len(told["down"]) > 5
    assert all(dy > 20 for _, dy in told["down"])
    assert all(dx > 20 for dx, _ in told["right"])
    assert told["again"] == told["down"]


def test_pages_of_large_graphs_are_small():
    drawing = draw(chain)(0.1)
    assert sum(1 for _ in drawing.graph.everywhere()) > 400
    assert len(drawing.html()) < 600_000


def test_every_box_may_be_folded(browse):
    told = browse(
        draw(calls)(1.5),
        """
        for (const node of [...nodes.values()]) if (node.body) fold(node.key);
        """
        + _COLLISIONS,
    )
    assert told["collisions"] == []


def test_long_graphs_begin_readable_and_follow_the_steps(browse):
    told = browse(
        draw(chain)(0.1),
        """
        const middle = key => {
          const box = svg.querySelector(`[data-key="${key}"]`).getBoundingClientRect();
          return [box.left + box.width / 2, box.top + box.height / 2];
        };
        told.begin = [status.textContent, middle("n0"), view[2] < whole[2] / 4];
        told.active = svg.querySelectorAll(".active").length;
        press("first"); press("next", 300);
        told.now = middle(steps[at - 1].node);
        told.size = [svg.clientWidth, svg.clientHeight];
        """,
    )
    text, (x, y), is_part = told["begin"]
    width, height = told["size"]
    assert text.startswith("all 662 steps are shown") and is_part
    assert told["active"] == 0
    assert 0 < x < 100 and height * 0.3 < y < height * 0.8
    assert 0 < told["now"][0] < width and 0 < told["now"][1] < height + 80


def test_the_card_is_not_over_what_it_tells_of(browse):
    told = browse(
        draw(neuron)(*NEURON),
        """
        const node = svg.querySelector(".node");
        told.sides = [30, innerWidth - 30].map(clientX => {
          node.dispatchEvent(new MouseEvent("mouseenter", {clientX}));
          const box = card.getBoundingClientRect();
          return box.left > innerWidth / 2 ? "right" : "left";
        });
        """,
    )
    assert told["sides"] == ["right", "left"]
