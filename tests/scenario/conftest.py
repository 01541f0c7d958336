import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/demo"))

from stack import Stack


@pytest.fixture
def stack():
    with Stack() as running:
        yield running
