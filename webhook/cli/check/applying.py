"""What applies the policy again, in full: the file that was given, and the components that are installed."""

import shlex
from collections.abc import Iterable, Iterator

from webhook.cli.check.certificates import by_cert_manager
from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts
from webhook.cli.check.finding import Examined
from webhook.cli.check.nodes import INSTALL_LXCFS
from webhook.cli.manifests.policy import config_map_name
from webhook.errors import ApiError
from webhook.installation import NAMESPACE
from webhook.policy import Policy


def completed(examined: Iterable[Examined], facts: Facts, file: str | None) -> Iterator[Examined]:
    """Checks advise APPLY; `file` is the policy's, None where the one that runs was looked at."""
    present = _components(facts)
    commands = {APPLY: _command(facts, file, present), INSTALL_LXCFS: _command(facts, file, present | {"lxcfs"})}
    for each in examined:
        yield each._replace(findings=tuple(one._replace(fix=commands.get(one.fix, one.fix)) for one in each.findings))


def _components(facts: Facts) -> set[str]:
    configuration = None if isinstance(facts.configuration, ApiError) else facts.configuration
    agents = not isinstance(facts.agents, ApiError) and bool(facts.agents)
    return {name for name, there in (("cert-manager", by_cert_manager(configuration)), ("lxcfs", agents)) if there}


def _command(facts: Facts, file: str | None, components: set[str]) -> str:
    switches = "".join(f" --with {name}" for name in sorted(components))
    where = ""
    if file is None and isinstance(facts.running, Policy):
        where = f" (FILE: the one that runs is in ConfigMap {NAMESPACE}/{config_map_name(facts.running)})"
    return f"richpod manifests --policy {shlex.quote(file or 'FILE')}{switches} | kubectl apply -f -{where}"
