"""What applies the policy again, in full: the file that was given, and the components that are installed."""

import shlex
from collections.abc import Iterable, Iterator

from webhook.cli.check.certificates import by_cert_manager
from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts
from webhook.cli.check.finding import Examined
from webhook.cli.check.nodes import INSTALL_LXCFS
from webhook.errors import ApiError
from webhook.installation import NAMESPACE, POLICY_KEY


def completed(examined: Iterable[Examined], facts: Facts, file: str | None) -> Iterator[Examined]:
    """Checks advise APPLY; `file` is the policy's, None where the one in the cluster was looked at, which must be read first."""
    present = _components(facts)
    commands = {APPLY: _command(facts, file, present), INSTALL_LXCFS: _command(facts, file, present | {"lxcfs"})}
    for each in examined:
        yield each._replace(findings=tuple(one._replace(fix=commands.get(one.fix, one.fix)) for one in each.findings))


def _components(facts: Facts) -> set[str]:
    configuration = None if isinstance(facts.configuration, ApiError) else facts.configuration
    agents = not isinstance(facts.agents, ApiError) and bool(facts.agents)
    monitored = not isinstance(facts.board, ApiError) and facts.board is not None
    there = {"cert-manager": by_cert_manager(configuration), "lxcfs": agents, "monitoring": monitored}
    return {name for name, found in there.items() if found}


def _command(facts: Facts, file: str | None, components: set[str]) -> str:
    switches = "".join(f" --with {name}" for name in sorted(components))
    read = ""
    if file is None:
        file = f"{facts.config_map}.yaml"
        read = f"kubectl -n {NAMESPACE} get configmap {facts.config_map} -o jsonpath='{{.data.{_KEY}}}' > {file} && "
    return f"{read}richpod manifests --policy {shlex.quote(file)}{switches} | kubectl apply -f -"


_KEY = POLICY_KEY.replace(".", r"\.")
