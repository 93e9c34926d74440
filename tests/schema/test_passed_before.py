"""A proof that was cut off goes on where it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = """
import pytest

@pytest.fixture
def torn(request):
    yield
    assert request.param

@pytest.mark.parametrize("torn", [True, False], indirect=True)
def test_with_an_end(torn): pass

def test_passes(): pass

def test_fails(): assert False

@pytest.mark.skip
def test_skipped(): pass
"""


@pytest.fixture
def prove(tmp_path):
    """Run the tests of a project of its own; the counts that pytest tells, and its exit code."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)

    def run(*more):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "tests.schema.passed_before", "-p", "no:cacheprovider", *more],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "CMS_PROOF_PASSED": str(tmp_path / "passed")},
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr, done.returncode

    return run


def test_what_passed_is_not_tried_again_and_what_did_not_is(prove):
    first, code = prove("-n", "2")
    assert code == 1
    assert "1 failed, 3 passed, 1 skipped, 1 error" in first  # at the end of one that passed by itself

    second, code = prove("-n", "2")

    assert code == 1
    assert "1 failed, 1 passed, 1 skipped, 1 error" in second
    nothing, code = prove("-k", "test_passes")
    assert code == 0, nothing


def test_after_a_change_of_the_code_nothing_counts(prove, tmp_path):
    prove()
    (tmp_path / "tests" / "test_it.py").write_text("def test_passes(): assert False")

    said, code = prove()

    assert "The code has changed since" in said
    assert code == pytest.ExitCode.USAGE_ERROR
