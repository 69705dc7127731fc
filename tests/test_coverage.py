"""Every public function is swept or has a reason, and the page says what is true."""

import re
from pathlib import Path

import pytest

from tests import coverage
from tests.coverage import NOTES

from .edge_points import EDGES

# Of Python numbers, shapes and strings alone: one call says it all.
SINGLE = """
bitwise_invert broadcast_shapes broadcasted_iota conv_dimension_numbers
conv_general_permutations conv_general_shape_tuple conv_shape_tuple
conv_transpose_shape_tuple dft hadamard helmert hilbert invhilbert invpascal iota
padtype_to_pads pascal reduce_window_shape_tuple array_str require tri
""".split()

ORDINARY = "abs argmax array floor inf log outer pi rint var".split()
PAGE = Path("docs/coverage.md").read_text("utf-8")
every_namespace = pytest.mark.parametrize("namespace", coverage.namespaces())


@every_namespace
def test_every_function_has_a_call_or_a_reason(namespace):
    assert coverage.missing(namespace) == []


@every_namespace
def test_every_function_has_two_calls(namespace):
    assert [n for n in coverage.single(namespace) if n not in SINGLE] == []


@every_namespace
def test_page_is_up_to_date(namespace):
    section = coverage.section(namespace)
    assert coverage.FAILS not in section
    if coverage.versions() not in PAGE:
        pytest.skip("other versions of NumPy and SciPy have other functions")
    assert section in PAGE


def test_notes_are_about_functions_that_have_calls():
    prefixes = {n: n.removeprefix("fgrad.") for n in coverage.namespaces()}
    calls = coverage.all_calls()
    names = {f"{prefixes[c.table.ours]}.{c.name}" for c in calls}
    assert set(coverage.NOTES) - names == set()


def test_functions_at_edge_points_have_notes():
    texts = " ".join(edge.text for edge in EDGES)
    names = re.findall(r"np\.((?:linalg\.)?\w+)", texts)
    assert [n for n in names if f"numpy.{n}" not in NOTES and n not in ORDINARY] == []
