"""The benchmarks' programs by hand and in other libraries compute fgrad's results."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import images, report, timing
from tests.benchmarks.catalogue import WORKLOADS, chosen
from tests.benchmarks.peers import Buffers, fresh
from tests.benchmarks.report import Row
from tests.benchmarks.running import run_workload

TIMED = [workload for workload in WORKLOADS if not workload.sampled]
ROOT = Path(__file__).parents[1]


def named(workload):
    return workload.name


@pytest.mark.parametrize("workload", TIMED, ids=named)
def test_peers_agree(workload):
    runners = workload.build(**{**workload.size, **workload.tiny})
    timing.check(workload.name, runners)
    timing.check(workload.name, runners)  # buffers may be used again
    if workload.kind == "compute":
        assert {"fgrad", "hand", "hand-out"} <= runners.keys()


def test_names_differ():
    names = [workload.name for workload in WORKLOADS]
    assert len(set(names)) == len(names)


def test_twelve_families_compute():
    found = {workload.family for workload in WORKLOADS if workload.kind == "compute"}
    assert len(found) == 12


@pytest.mark.parametrize("name", ["compile-100", "memory-16", "installed"])
def test_samples_are_numbers(name):
    workload = chosen(name)[0]
    runners = workload.build(**{**workload.size, **workload.tiny})
    assert runners["fgrad"]() > 0


def test_convolutions_by_hand():
    """One product per convolution is the sum over windows, and so is its gradient."""
    args = images.data(batch=2, side=8, channels=(2, 3))
    value, gradients = images.Network(Buffers()).run(*args)
    again, _ = images.Network(fresh).run(*args)
    assert value == again
    for place, gradient in enumerate(gradients):
        step = np.random.default_rng(1).normal(size=gradient.shape)
        moved = [list(args), list(args)]
        for sign, given in zip((1, -1), moved):
            given[place] = args[place] + sign * 1e-6 * step
        up, down = (images.Network(fresh).run(*given)[0] for given in moved)
        assert (up - down) / 2e-6 == pytest.approx(np.vdot(gradient, step), rel=1e-6)


def test_disagreement_is_an_error():
    ours, theirs = (np.ones(3), 1.0), (np.ones(3), 1.001)
    timing.check("it", {"fgrad": lambda: ours, "hand": lambda: ours})
    with pytest.raises(ValueError, match="hand disagrees with fgrad on it: result 1"):
        timing.check("it", {"fgrad": lambda: ours, "hand": lambda: theirs})


@pytest.mark.parametrize(
    "found, said",
    [
        (np.ones(2), "float64(2,) instead of float64(3,)"),
        (np.ones(3, "float32"), "float32(3,) instead of float64(3,)"),
        ((np.ones(3), 1.0), "2 results instead of 1"),
        (np.full(3, np.nan), "nan away"),
    ],
)
def test_disagreements(found, said):
    assert said in timing.disagreement(found, np.ones(3))


def test_peers_take_turns():
    calls = []
    samplers = {name: lambda name=name: calls.append(name) or 1.0 for name in "ab"}
    times = timing.measure(samplers, rounds=3, warm_ups=1)
    assert calls == list("abababab")
    assert times["a"] == {"median": 1.0, "min": 1.0}


def test_run_workload():
    (workload,) = chosen("call")
    row = run_workload(workload, quick=True)
    assert row.ratio("fgrad") == 1
    assert report.progress(row).startswith("call")


def rows():
    def times(**medians):
        return {
            n.replace("_", "-"): {"median": m, "min": m} for n, m in medians.items()
        }

    return [
        Row(
            "chain-10", "chain", "compute", "us", times(fgrad=2.0, jax=8.0, hand_out=1)
        ),
        Row("chain-1e3", "chain", "compute", "us", times(fgrad=2.0, jax=2, hand_out=2)),
        Row("gp", "gp", "compute", "us", times(fgrad=1000, jax=500, hand_out=1000)),
    ]


def test_tables_and_goals():
    assert report.table(rows())[2:] == [
        "| chain-10 | 2.00 us | 0.50x | 4.00x |",
        "| chain-1e3 | 2.00 us | 1.00x | 1.00x |",
        "| gp | 1,000 us | 1.00x | 0.50x |",
    ]
    text = "\n".join(report.summary(rows()))
    assert "JAX's jit: 1.00x (goal 1.5x), at least as fast on 1 of 2" in text
    assert "not gp (0.50x)" in text
    assert "hand-out (goal: none): 1 of 3: chain-10 (2.00x)" in text


def test_markdown_replaces_what_stands_between_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- one core -->\nold\n<!-- end of one core -->\nz\n")
    for _ in range(2):
        report.place(page, "one core", "new")
    assert page.read_text() == (
        "a\n<!-- one core -->\n\nnew\n\n<!-- end of one core -->\nz\n"
    )
    with pytest.raises(SystemExit, match="two cores"):
        report.check_markers(page, "two cores")


@pytest.mark.parametrize("cores", ["one core", "two cores"])
def test_the_page_has_a_place_for_the_table(cores):
    report.check_markers(ROOT / "docs" / "benchmarks.md", cores)


def test_unknown_names_are_refused():
    with pytest.raises(SystemExit, match="no workload begins with 'chian'"):
        chosen("gp,chian")


def test_command_line(tmp_path):
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--only", "call"]
    found = subprocess.run(
        [*command, "--json", tmp_path / "out.json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert "one core" in found.stdout
    assert '"call"' in (tmp_path / "out.json").read_text()
