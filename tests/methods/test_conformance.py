"""Every registered method passes the contract suite: one class a method."""

from methods.registry import method_names
from tests.conformance.method_suite import MethodSuite


class TestZeroShot(MethodSuite):
    name = "zero_shot"


class TestZip(MethodSuite):
    name = "zip"


def test_every_registered_method_is_covered() -> None:
    covered = {kind.name for kind in MethodSuite.__subclasses__()}
    assert set(method_names()) <= covered
