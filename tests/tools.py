"""Programs of the machine that some tests need: without one they are left out, and where REQUIRE_ALL=1 they fail."""

import os
import shutil
from typing import NoReturn

import pytest

REQUIRED = os.environ.get("REQUIRE_ALL") == "1"


def needs(program: str) -> pytest.MarkDecorator:
    """Where nothing may be left out the test runs all the same, and fails for want of the program."""
    return pytest.mark.skipif(not REQUIRED and not shutil.which(program), reason=f"{program} is not here")


def leave_out(why: str) -> NoReturn:
    """The same for a fixture that knows better what it looks for."""
    if REQUIRED:
        pytest.fail(f"{why}, and REQUIRE_ALL=1")
    pytest.skip(why)
