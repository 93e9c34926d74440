"""What the machine lacks is skipped with its reason; where it is required, it fails."""

import pytest

from tests.required import skip_or_fail

REASON = "Chromium is not installed."


@pytest.mark.parametrize("required", ["", "mariadb", "browserless", "MARIADB , other"])
def test_what_is_missing_and_not_required_is_skipped_with_its_reason(monkeypatch, required):
    monkeypatch.setenv("CMS_TEST_REQUIRE", required)

    with pytest.raises(pytest.skip.Exception, match=REASON):
        skip_or_fail("browser", REASON)


@pytest.mark.parametrize("required", ["browser", "mariadb,browser", " mariadb , browser "])
def test_what_is_missing_and_required_fails_with_its_reason(monkeypatch, required):
    monkeypatch.setenv("CMS_TEST_REQUIRE", required)

    with pytest.raises(pytest.fail.Exception, match=REASON):
        skip_or_fail("browser", REASON)


def test_nothing_is_required_unless_somebody_says_so(monkeypatch):
    monkeypatch.delenv("CMS_TEST_REQUIRE", raising=False)

    with pytest.raises(pytest.skip.Exception):
        skip_or_fail("mariadb", "It is not there.")
