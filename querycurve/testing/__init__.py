"""Contract tests for methods and datasets, to be inherited by a test class of each.

They need what the extra `querycurve[testing]` brings. For example:

    from querycurve.testing import MethodSuite


    class TestMyMethod(MethodSuite):
        name = "mypkg.mymethod:MyMethod"
"""

import pytest

# Their asserts then say what they compared, as those of test files do.
pytest.register_assert_rewrite(
    "querycurve.testing.method_suite", "querycurve.testing.dataset_suite", "querycurve.testing.pins"
)

from querycurve.testing.dataset_suite import DatasetSuite  # noqa: E402
from querycurve.testing.method_suite import MethodSuite  # noqa: E402

__all__ = ["DatasetSuite", "MethodSuite"]
