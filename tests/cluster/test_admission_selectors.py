"""Which entry the API server calls for which pod: its own selectors against ours, by a webhook that only listens."""

from collections.abc import Iterator
from itertools import cycle, product
from typing import NamedTuple
from uuid import uuid4

import pytest
import yaml

from webhook.admission.entries import ENFORCE, INJECT, NAME, PROFILE, entries, match
from webhook.policy import LEVELS, Policy
from webhook.policy.file import parse

from .access import Cluster
from .creation import create
from .foreign import Call, listening
from .injection import registered, rich_configuration
from .namespaces import Namespaces, namespaces
from .pods import pod

pytestmark = pytest.mark.cluster

LABEL = f"selectors-{uuid4().hex[:8]}"
HERE = {"test-webhook": LABEL}
Labels = dict[str, str]


class Site(NamedTuple):
    cluster: Cluster
    policy: Policy
    calls: list[Call]
    make: Namespaces
    named: str
    required: str
    excluded: str

    def asked(self, namespace: str, labels: Labels) -> list[str]:
        """The paths that are called for a pod with these labels."""
        subject = pod(namespace, "app:1", "/app")
        subject["metadata"]["labels"] = labels
        self.calls.clear()
        assert create(self.cluster, subject).status in (201, 403)  # Pod Security judges after us
        return [call.path for call in self.calls]

    def expected(self, namespace: str, namespace_labels: Labels, pod_labels: Labels) -> list[str]:
        """As `richpod dry-run` evaluates the same entries."""
        entry = match(entries(self.policy), {**namespace_labels, NAME: namespace}, pod_labels)
        return [] if entry is None else [entry.path]


@pytest.fixture(scope="module")
def site(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with namespaces(api_server) as make, listening(api_server.host, tmp_path_factory.mktemp("ear"), lambda _: []) as ear:
        named, required, excluded = (make({**HERE, INJECT: "true", PROFILE: "light"}) for _ in range(3))
        text = yaml.safe_dump(
            {
                "podOptIn": True,
                "podSecurityDefault": "baseline",
                "excludedNamespaces": [excluded],
                "runtimes": {"gvisor": {"class": "gvisor", "kind": "gvisor"}},
                "profiles": {
                    "light": {},
                    "named": {"namespaces": [named]},
                    "caged": {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": [required]},
                },
            }
        )
        configuration = rich_configuration(LABEL, text, ear.at)
        with registered(api_server, configuration, LABEL, lambda _: bool(ear.calls)):
            yield Site(api_server, parse(text), ear.calls, make, named, required, excluded)


POD_LABELS: list[Labels] = [{}, {INJECT: "true"}, {INJECT: "false"}]


def test_exactly_the_entry_that_the_command_evaluates_is_called(site: Site) -> None:
    """Every combination of a namespace's two labels, Pod Security levels in turn, and every label of a pod."""
    levels = cycle((None, *LEVELS))
    found, expected = {}, {}
    for inject, profile in product((None, "true", "false", "yes"), (None, "default", "light", "named", "lihgt")):
        chosen = {INJECT: inject, PROFILE: profile, ENFORCE: next(levels)}
        labels = HERE | {key: value for key, value in chosen.items() if value is not None}
        name = site.make(labels)
        for pod_labels in POD_LABELS:
            case = str((labels, pod_labels))
            found[case], expected[case] = site.asked(name, pod_labels), site.expected(name, labels, pod_labels)
    assert found == expected
    assert {path for paths in found.values() for path in paths} >= {"/mutate/light/baseline", "/unknown-profile"}


def test_the_path_carries_the_level_that_the_namespace_enforces_or_the_policys_default(site: Site) -> None:
    enforced: list[Labels] = [{}] + [{ENFORCE: level} for level in LEVELS]
    paths = [site.asked(site.make({**HERE, INJECT: "true", **labels}), {}) for labels in enforced]
    assert paths == [[f"/mutate/default/{level}"] for level in ("baseline", *LEVELS)]


def test_a_namespace_that_a_profile_names_needs_no_label_and_obeys_none(site: Site) -> None:
    assert site.asked(site.named, {}) == ["/mutate/named/baseline"]
    assert site.asked(site.named, {INJECT: "false"}) == []


def test_a_pod_cannot_opt_out_of_a_required_profile(site: Site) -> None:
    assert [site.asked(site.required, labels) for labels in POD_LABELS] == [["/mutate/caged/baseline"]] * 3


def test_no_label_leads_out_of_an_excluded_namespace(site: Site) -> None:
    """Requirement 45."""
    assert [site.asked(site.excluded, labels) for labels in POD_LABELS] == [[]] * 3
