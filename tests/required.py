"""What a test needs from the machine: skipped with the reason, or failed where it must be there."""

import os
from typing import NoReturn

import pytest


def skip_or_fail(what: str, reason: str) -> NoReturn:
    """Skip the test, or fail it when CMS_TEST_REQUIRE (as in ``mariadb,browser``) names ``what``."""
    if what in os.environ.get("CMS_TEST_REQUIRE", "").replace(" ", "").split(","):
        pytest.fail(f"{reason} CMS_TEST_REQUIRE asks for it.", pytrace=False)
    pytest.skip(reason)
