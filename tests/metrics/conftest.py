"""The metrics models, compiled once for all tests of this folder."""

import pytest

from tests.metrics.marts import Model, compile_models


@pytest.fixture(scope="session")
def metric_models(tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    return compile_models(tmp_path_factory.mktemp("compiled"), ["marts.metrics", "int_lead_first_delivery"])
