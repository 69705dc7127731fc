"""Every public function is swept or has a reason, and the page says what is true."""

from pathlib import Path

import pytest

from tests import coverage

every_namespace = pytest.mark.parametrize("namespace", coverage.namespaces())


@every_namespace
def test_every_function_has_a_call_or_a_reason(namespace):
    assert coverage.missing(namespace) == []


@every_namespace
def test_page_is_up_to_date(namespace):
    section = coverage.section(namespace)
    assert coverage.FAILS not in section
    assert section in Path("docs/coverage.md").read_text()
