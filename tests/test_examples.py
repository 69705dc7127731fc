"""Every example runs to its end, with its own assertions switched on."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"

# The arguments of each example, and the pictures it must leave behind.
RUNS = {
    "digits.py": ([], ["digits_loss.png", "digits_predictions.png"]),
    "fixed_point.py": ([], ["fixed_point.png"]),
    "hand_worked.py": ([], []),
    "learning_rates.py": ([], ["learning_rates.png"]),
    "lotka_volterra.py": ([], ["lotka_volterra.png"]),
    "newton_hvp.py": ([], ["newton_hvp.png"]),
    "per_example_gradients.py": ([], ["per_example_gradients.png"]),
    "python_control_flow.py": ([], ["python_control_flow.png"]),
    "rnn_scan.py": (["--steps", "150"], ["rnn_scan.png"]),
    "scipy_minimize.py": ([], []),
}


def test_no_example_is_forgotten():
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == sorted(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_example(name, tmp_path, capsys):
    arguments, pictures = RUNS[name]
    if pictures:
        arguments = [*arguments, "--out", str(tmp_path)]
    runpy.run_path(str(EXAMPLES / name))["main"](arguments)
    assert capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == pictures
    for picture in pictures:
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", RUNS)
def test_example_says_what_it_shows(name):
    assert (EXAMPLES / name).read_text(encoding="utf-8").startswith('"""')
