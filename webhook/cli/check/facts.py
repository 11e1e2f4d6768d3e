"""What is known of a cluster when the checks look at it: data, as the API server sent it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from certs.authority import Pair
from webhook.admission.verdicts import Verdict
from webhook.cli.owners import Owner
from webhook.errors import ApiError, BadPolicy
from webhook.policy import Policy

Json = dict[str, Any]
T = TypeVar("T")
Known: TypeAlias = T | ApiError
"""A fact, or why it could not be read."""


class Trial(NamedTuple):
    """A pod created as a dry run: what was said about it, and why it was refused, "" where it was not."""

    namespace: str
    milliseconds: int
    warnings: tuple[str, ...]
    refusal: str = ""


class Right(NamedTuple):
    """What an account may do; `name` and `namespace` are "" where all are meant."""

    verb: str
    group: str
    resource: str
    name: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        what = f"{self.resource}/{self.name}" if self.name else self.resource
        return f"{self.verb} {what}" + (f" in {self.namespace}" if self.namespace else "")


class Untreated(NamedTuple):
    """A running pod that a webhook entry sees and that a creation today would change or refuse.

    `outdated`: it carries the mark of another version or policy. `without`: the runtime that its profile requires and that it
    does not have, and that profile, in words; "" where there is none. `refused`: why a creation today
    would be, of a pod that nobody treated. `asked`: the registries that alone tell whether one would change it.
    """

    namespace: str
    name: str
    owner: Owner | None
    outdated: bool
    without: str = ""
    refused: Verdict | None = None
    asked: tuple[str, ...] = ()


class Waiting(NamedTuple):
    """A pod that cannot start because an image of richpod's own, `image`, cannot be pulled.

    `outdated`: it carries the mark of another version or policy. `why`: the kubelet's sentence.
    """

    namespace: str
    name: str
    owner: Owner | None
    outdated: bool
    image: str
    why: str


class Made(Protocol):
    """A pod, and what made it."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> Owner | None: ...


M = TypeVar("M", bound=Made)


def by_owner(pods: Iterable[M], said: Callable[[M], str]) -> list[list[M]]:
    """Those of which the same is `said`, of one owner; a pod without an owner is alone."""
    groups: dict[tuple[str, Owner | str, str], list[M]] = {}
    for pod in pods:
        groups.setdefault((pod.namespace, pod.owner or pod.name, said(pod)), []).append(pod)
    return list(groups.values())


class Pods(NamedTuple):
    """Running pods of namespaces that opted in: how many there are, those that lack something, and those that do not start.

    `lxcfs`: for each that has files of lxcfs, NAMESPACE/OWNER, or NAMESPACE/NAME.
    """

    seen: int
    untreated: list[Untreated]
    lxcfs: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True)
class Facts:
    """`policy` is what should hold: the one given, else the one that runs. Lists hold objects of the Kubernetes API.

    `config_map` holds it in the cluster; "" where it was given.

    `credentials` is the Secret that the policy names with names and passwords for registries, None where it names none or the
    cluster has none. `pull_rights`: to get Secrets, in each namespace of `images.pullSecretsFrom`. `pull_bindings`: all of ours.

    `webhook_bindings` are read only where the webhook has rights: the RoleBindings and ClusterRoleBindings that name its account.

    `board` is the ConfigMap that the component `monitoring` has.

    `gateway_secrets` are those that upstreams of the policy name, by name. `grants`: None where the cluster does not know Grants.

    `running` is BadPolicy where the cluster holds something that is no policy: replicas that start now cannot.

    `trials` are of one namespace for each entry that sees any, `unlabelled` is the pod that violates Pod Security baseline in a
    namespace without the label, None where there is no such namespace.
    """

    now: datetime
    policy: Policy
    config_map: str
    running: Known[Policy | None] | BadPolicy
    version: Json
    configuration: Known[Json | None]
    namespaces: Known[list[Json]]
    webhook: Known[Json | None]
    certs: Known[Json | None]
    own_pods: Known[list[Json]]
    serving: Known[Pair | None]
    trials: Known[list[Trial]]
    unlabelled: Known[Trial | None]
    webhook_rights: Known[Mapping[Right, bool]]
    webhook_bindings: Known[list[Json]]
    certs_rights: Known[Mapping[Right, bool]]
    credentials: Known[Json | None]
    pull_rights: Known[Mapping[Right, bool]]
    pull_bindings: Known[list[Json]]
    nodes: Known[list[Json]]
    agents: Known[list[Json]]
    daemon_set: Known[Json | None]
    board: Known[Json | None]
    runtime_classes: Known[list[Json]]
    required_policies: Known[list[Json]]
    required_bindings: Known[list[Json]]
    pods: Known[Pods]
    gateway: Known[Json | None]
    gateway_pods: Known[list[Json]]
    gateway_lease: Known[Json | None]
    gateway_slices: Known[list[Json]]
    gateway_secrets: Known[Mapping[str, Json | None]]
    grants: Known[list[Json] | None]

    @property
    def applied(self) -> Policy:
        """What the objects in the cluster should be rendered from: a policy that does not run yet is in none of them."""
        return self.running if isinstance(self.running, Policy) else self.policy


def available(deployment: Json | None) -> int:
    """Replicas that are ready; of none, 0."""
    return int(((deployment or {}).get("status") or {}).get("availableReplicas", 0))


def known(fact: Known[T]) -> T:
    """Raises the ApiError of a fact that could not be read."""
    if isinstance(fact, ApiError):
        raise fact
    return fact
