"""Every public function is swept or has a reason, and the page says what is true."""

from pathlib import Path

import pytest

from tests import coverage

# Of Python numbers, shapes and strings alone: one call says it all.
SINGLE = """
bitwise_invert broadcast_shapes broadcasted_iota conv_dimension_numbers
conv_general_permutations conv_general_shape_tuple conv_shape_tuple
conv_transpose_shape_tuple dft hadamard helmert hilbert invhilbert invpascal iota
padtype_to_pads pascal reduce_window_shape_tuple array_str require tri
""".split()

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
    assert section in Path("docs/coverage.md").read_text()
