"""Every notebook runs from its first cell to its last, and shows what it says."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
for needed in ("scipy", "sklearn", "tqdm"):
    pytest.importorskip(needed)

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"


def cells(text):
    """Return the code of each cell of a notebook, after as many empty lines as it has
    lines before it, so that a traceback names the line of the file."""
    found, code = [], None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("```{code-cell}"):
            code = ["\n" * number]
        elif line == "```" and code is not None:
            found.append("".join(code))
            code = None
        elif code is not None:
            code.append("\n" if line.startswith(":") else line + "\n")
    return found


def run(name):
    """Run a notebook; return its names, what it printed, how many figures it drew."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    path = FOLDER / f"{name}.md"
    names, figures = {"__name__": "__main__"}, 0
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for code in cells(path.read_text(encoding="utf-8")):
            exec(compile(code, str(path), "exec"), names)
            for number in plt.get_fignums():
                plt.figure(number).canvas.draw()
            figures += len(plt.get_fignums())
            plt.close("all")
    return names, printed.getvalue(), figures


# --- what each notebook must have shown


def check_mlp_from_scratch(n):
    by_grad = n["start_grads"][0]["W"][0, 3]
    np.testing.assert_allclose(by_grad, n["quotient"], rtol=1e-5)
    np.testing.assert_allclose(n["back"][-1], n["p"] - n["labels"][:, None], atol=1e-12)
    assert np.mean(n["correct"]) > 0.95


def check_vanishing_gradients(n):
    assert n["first"]["sigmoid"][-1] < 1e-9 < 0.1 < n["first"]["ReLU"][-1]
    final = {name: losses[-1] for name, (losses, _) in n["results"].items()}
    assert final["ReLU"] < 0.1 < 2.2 < final["sigmoid"]
    norms = {name: n["norms_of_draws"](n["DEPTH"], name) for name in n["FUNCTIONS"]}
    apart = {name: np.max(v.max(axis=0) / v.min(axis=0)) for name, v in norms.items()}
    assert apart["sigmoid"] < 3 and apart["tanh"] < 3 and 15 < apart["ReLU"] < 30
    assert np.max(norms["ReLU"].max(axis=1) / norms["ReLU"].min(axis=1)) < 4
    assert jumps(n["results"]["ReLU"][0]) == 3
    n["RATE"] = 0.03
    assert jumps(n["trained"]("ReLU")[0]) == 0


def jumps(losses):
    """Return how often a loss goes up, by more than it wavers."""
    up = np.diff(losses) > 0.15
    return np.count_nonzero(up[1:] & ~up[:-1]) + up[0]


def check_learning_rates(n):
    np.testing.assert_allclose(n["trail"][-1], n["in_theory"], rtol=0.15)
    assert n["final_loss"](n["trail"][-1]) < 2 * n["finals"].min()
    assert n["final_loss"](1.1 * n["limit"]) > 1
    assert n["final_loss"](n["trail"][-1]) < n["final_loss"](n["in_theory"]) / 10
    assert abs(n["paths"]["sgd(0.005)"][-1][0]) < 0.3  # about halfway from -1.3 to 1
    assert n["rates"].size == 120 and n["STEPS"] == 25  # as the text says
    parts = np.linalg.eigh(n["hessian"])[1].T @ (n["start"] - n["best"])
    flat, steep = 0.5 * n["curvatures"] * parts**2
    assert flat < 0.02 * steep


def check_gaussian_processes(n):
    assert n["found"].success
    assert abs(n["theta"][2] - np.log(0.25)) < 3 * n["errors"][2]


def check_bayesian_logistic_regression(n):
    assert np.array_equal(n["plain_draws"], n["fast_draws"][:50])
    assert np.all(n["accepted"].mean(axis=0) > 0.6)
    assert np.all(n["r_hat"] < 1.02)
    off = (n["flat"].mean(axis=0) - n["mode"]) / n["laplace"]
    assert np.all(np.abs(off) < 1)
    np.testing.assert_allclose(n["gradient"](n["mode"]), 0, atol=1e-8)
    weight = n["draws"][:, :, 1]
    assert 37 < weight.max() < 39 and weight[12:100].min() > 0 and weight[12:].max() < 9


def check_physics(n):
    off = [(n["fitted"][k] - n["TRUTH"][k]) / n["errors"][k] for k in n["TRUTH"]]
    assert np.max(np.abs(off)) < 4
    path, truth = n["path"], n["TRUTH"]["length"]
    braked = path["length"][path["damping"] > 0.5]
    assert braked.min() < 0.6 and 1.9 < braked.max() and abs(braked[-1] - truth) > 0.1
    assert np.all(abs(path["length"][-10:] - truth) < 0.05)
    assert n["lost"].fun > 200 > 2 > n["found"].fun
    assert [minima(curve) for curve in n["braked"].values()] == [5, 6, 1]


def minima(curve):
    """Return how many points of a curve are below both of their neighbours."""
    return np.count_nonzero((curve[1:-1] < curve[:-2]) & (curve[1:-1] < curve[2:]))


def check_digits_cnn(n):
    assert n["test_accuracy"] > 0.97
    assert n["params"]["conv1"]["W"].dtype == np.float32


def check_per_example_gradients(n):
    assert all(n["same"].values())
    assert n["found"] > 0.7
    late = {name: np.mean(curve[-50:]) for name, curve in n["curves"].items()}
    assert late["ordinary"] < late["clipped"]


CHECKS = {
    name.removeprefix("check_"): check
    for name, check in dict(globals()).items()
    if name.startswith("check_")
}


@pytest.mark.parametrize("name", CHECKS)
def test_notebook(name):
    names, printed, figures = run(name)
    assert printed
    assert figures >= 2
    CHECKS[name](names)


def test_no_notebook_is_forgotten():
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"index"}
    assert pages == set(CHECKS)
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    contents = (FOLDER.parent / "index.md").read_text(encoding="utf-8")
    assert all(f"]({page}.md)" in index for page in pages)
    assert all(f"\nnotebooks/{page}\n" in contents for page in pages)


@pytest.mark.parametrize("name", CHECKS)
def test_notebook_says_that_it_is_one(name):
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    header = text.split("---")[1]
    assert "file_format: mystnb" in header
    assert "name: python3" in header
    assert max(map(len, text.splitlines())) <= 88
    bars = [code for code in text.split("```") if "tqdm(" in code]
    assert all(":tags: [remove-stderr]" in code for code in bars)


def test_an_error_names_the_line_of_the_notebook():
    (code,) = cells("# A title\n\n```{code-cell}\n:tags: [x]\n\n1 / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        exec(compile(code, "page.md", "exec"))
    assert caught.traceback[-1].lineno == 5  # counted from 0
