"""Options and pace of the whole suite."""

import pytest
from hypothesis import HealthCheck, Phase, settings

# `make test` is quick and the same every time; `--hypothesis-profile soak` searches at random for as long as it takes.
COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
settings.register_profile("quick", COMMON, max_examples=100, derandomize=True, phases=PHASES)
settings.register_profile("soak", COMMON, max_examples=3000, phases=PHASES)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/*/*.out.yaml instead of comparing them")
