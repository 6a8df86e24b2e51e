import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real tables and images that ZCBENCH_DATA names; tests that need it skip where it is not."""
    folder = os.environ.get("ZCBENCH_DATA")
    if not folder:
        pytest.skip("needs the real tables and images: set ZCBENCH_DATA to their folder")
    return Path(folder)
