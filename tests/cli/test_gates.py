"""The requirement that fails is the one the API server would fail."""

from itertools import product

import pytest

from webhook.admission.entries import ENFORCE, INJECT, NAME, PROFILE, entries, match
from webhook.cli.gates import closest, unmet
from webhook.policy import Policy

POLICY = Policy.model_validate(
    {
        "podOptIn": True,
        "runtimes": {"gvisor": {"class": "gvisor"}},
        "profiles": {
            "web": {},
            "secure": {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": ["payments"]},
        },
    }
)
ENTRIES = entries(POLICY)
NAMESPACES = [
    {key: value for key, value in zip((NAME, INJECT, PROFILE, ENFORCE), values, strict=True) if value}
    for values in product(
        ("shop", "payments", "kube-system"), ("", "true", "false", "yes"), ("", "web", "wep", "secure"), ("", "baseline")
    )
]
PODS: list[dict[str, str]] = [{}, {INJECT: "true"}, {INJECT: "false"}]


@pytest.mark.parametrize("pod", PODS, ids=str)
def test_an_entry_sees_a_pod_exactly_if_nothing_fails(pod: dict[str, str]) -> None:
    for namespace in NAMESPACES:
        for entry in ENTRIES:
            assert entry.matches(namespace, pod) == (not unmet(entry, namespace, pod, POLICY))


@pytest.mark.parametrize("pod", PODS, ids=str)
def test_a_pod_that_no_entry_sees_has_a_sentence(pod: dict[str, str]) -> None:
    for namespace in NAMESPACES:
        if match(ENTRIES, namespace, pod) is None:
            assert closest(ENTRIES, namespace, pod, POLICY).sentence


@pytest.mark.parametrize(
    ("namespace", "pod", "sentence", "fix"),
    [
        ({NAME: "kube-system", INJECT: "true"}, {}, "namespace kube-system is excluded", ""),
        (
            {NAME: "shop", INJECT: "false"},
            {},
            'the namespace\'s label richpod.io/inject is "false"',
            'richpod.io/inject: "true" among the labels of the namespace',
        ),
        (
            {NAME: "shop", INJECT: "true"},
            {INJECT: "false"},
            'the pod\'s label richpod.io/inject is "false"',
            "remove the label richpod.io/inject from the pod",
        ),
    ],
)
def test_the_sentence_names_what_people_can_change(
    namespace: dict[str, str], pod: dict[str, str], sentence: str, fix: str
) -> None:
    assert closest(ENTRIES, namespace, pod, POLICY)[1:] == (sentence, fix)


def test_a_namespace_of_another_profile_is_named() -> None:
    web = next(entry for entry in ENTRIES if entry.profile == "web")
    assert unmet(web, {NAME: "payments"}, {}, POLICY)[0].sentence == "namespace payments belongs to profile secure"
    secure = next(entry for entry in ENTRIES if entry.profile == "secure")
    first = unmet(secure, {NAME: "shop"}, {}, POLICY)[0]
    assert (first.sentence, first.fix) == (
        "namespace shop is not in profiles.secure.namespaces",
        "profiles.secure.namespaces: [payments, shop]",
    )
