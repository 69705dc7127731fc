"""``python -m fgrad.export`` and ``fgrad.export.load``."""

import subprocess
import sys

import numpy as np
import pytest

from fgrad import grad, vmap
from fgrad.export import export, load
from fgrad.export.__main__ import main, parse_shapes

from .exporting import bits
from .messages import raised
from .test_export import BASE, X

MODEL = """
import numpy as np

ARGS = ({"w": np.ones(3), "b": 0.5}, np.ones((4, 3)))
LARGE = np.ones((30, 30))


def loss(w, x):
    return np.sum((x @ w) ** 2)


def tree_loss(params, x):
    return loss(params["w"], x) + params["b"]


def large(x):
    return LARGE * x


def failing(x):
    if x > 0:
        return x
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    (tmp_path / "some_model.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    yield tmp_path
    sys.modules.pop("some_model", None)


def test_it_writes_a_module(model, capsys):
    shapes = "--shapes", "f64[3], f64[4,3]"
    assert main(["some_model:loss", *shapes, "--grad", "-o", "slope.py"]) == 0
    assert capsys.readouterr().out == ""
    w, x = BASE[0, :3], BASE[:4, :3]
    from some_model import loss

    expected = grad(loss)(w, x)
    assert bits(load(model / "slope.py")(w, x)) == bits(expected)
    assert bits(load("slope")(w, x)) == bits(expected)
    import slope

    assert bits(slope.grad_loss(w, x)) == bits(expected)
    del sys.modules["slope"]
    assert main(["some_model:loss", *shapes, "--grad"]) == 0
    assert capsys.readouterr().out == (model / "slope.py").read_text(encoding="utf-8")


def test_its_options(model):
    shapes = "--shapes", "f64[3], f64[5,4,3]"
    from some_model import loss, tree_loss

    w, xs = BASE[0, :3], BASE[:20, :3].reshape(5, 4, 3)
    main(["some_model:loss", *shapes, "--grad", "--vmap", "--in-axes", "None, 0",
          "--argnums", "0,1", "--name", "slopes", "-o", "a"])  # fmt: skip
    expected = vmap(grad(loss, (0, 1)), (None, 0))(w, xs)
    assert bits(load("a")(w, xs)) == bits(expected)
    assert load("a").__name__ == "slopes"
    example = "--example", "some_model:ARGS"
    main(["some_model:tree_loss", *example, "--value-and-grad", "-o", "b"])
    args = ({"w": w, "b": 0.5}, xs[0])
    value, slopes = load("b")(*args)
    assert bits(slopes) == bits(grad(tree_loss)(*args))
    assert value == tree_loss(*args)
    main(["some_model:large", "--shapes", "float", "-o", "c"])
    assert bits(load("c")(2.0)) == bits(np.full((30, 30), 2.0))


def test_shapes():
    found = parse_shapes("f64[3, 4],f32[10] , bool[], float, complex64[1,2], i8[0],u8")
    assert [str(s.aval) for s in found] == [
        *("f64[3,4]", "f32[10]", "bool[]", "float[]", "c64[1,2]", "i8[0]", "u8[]")
    ]
    assert parse_shapes("") == []


WRONG = {
    "no colon": (["model", "--shapes", ""], "write module:attribute, got 'model'"),
    "no module": (["gone:f", "--shapes", ""], "No module named 'gone'"),
    "no function": (["some_model:f", "--shapes", ""], "has no attribute 'f'"),
    "no callable": (["some_model:LARGE", "--shapes", ""], "is no function"),
    "no inputs": (["some_model:loss"], "--shapes --example is required"),
    "a shape": (["some_model:loss", "--shapes", "f64[3"], "no shape; write f64[3,4]"),
    "a dtype": (["some_model:loss", "--shapes", "f65[3]"], "'f65' is no dtype"),
    "argnums": (["some_model:loss", "--shapes", "f64", "--argnums", "w"], "--argnums"),
    "in axes": (["some_model:loss", "--shapes", "f64[3]", "--in-axes", "0"], "--vmap"),
    "example": (["some_model:loss", "--example", "some_model:loss"], "got function"),
    "shapes that do not fit": (["some_model:loss", "--shapes", "f64[3], f64[4,2]"],
                               "do not fit"),
    "a failing function": (["some_model:failing", "--shapes", "float"], "Error: "),
    "both": (["some_model:loss", "--shapes", "f64", "--grad", "--value-and-grad"],
             "not allowed with"),
    "large constants": (["some_model:large", "--shapes", "f64"], "-o FILE"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_errors_take_one_line(name, model, capsys):
    arguments, text = WRONG[name]
    with pytest.raises(SystemExit) as info:
        main(arguments)
    assert info.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fgrad.export: ")
    assert err.count("\n") == 1
    assert text in err


def test_the_command(model):
    command = [sys.executable, "-m", "fgrad.export"]
    run = lambda *args: subprocess.run(
        [*command, *args], capture_output=True, text=True, timeout=60, check=False
    )
    done = run("some_model:loss", "--shapes", "f64[3], f64[4,3]")
    assert (done.returncode, done.stderr) == (0, "")
    assert "def loss(w, x):" in done.stdout
    helped = run("--help")
    assert helped.returncode == 0
    assert "module:function" in helped.stdout
    assert run("some_model:gone", "--shapes", "").returncode == 2


def test_what_cannot_be_loaded(tmp_path):
    raised(FileNotFoundError, lambda: load(tmp_path / "gone"), "there is no file")
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    raised(ValueError, lambda: load(tmp_path / "other"), "no exported module")
    path = export(lambda x: x * BASE)(X[0]).save(tmp_path / "moved")
    path.with_suffix(".npz").rename(tmp_path / "away.npz")
    raised(FileNotFoundError, lambda: load(path), "moved.npz")
