import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tools/demo"))
sys.path.insert(0, str(HERE))

from stack import Stack


@pytest.fixture
def stack():
    with Stack() as running:
        yield running
