"""Whom a line of advice is for."""

import pytest

from webhook.admission.advice import advice, where


@pytest.mark.parametrize(
    ("fix", "place"),
    [
        ("profiles.default.allow: [init, runtime]", ", in the policy"),
        ("fixedIP: {annotation: KEY, pools: {shop: [ADDRESS]}}", ", in the policy"),
        ("toolkit: {delivery: copy}", ", in the policy"),
        ("richpod.io/init: none", ", an annotation of the pod"),
        ("remove richpod.io/volumes", ", an annotation of the pod"),
        ('richpod.io/inject: "true" among the labels of the namespace', ""),
        ("richpod.io/profile: web", ""),
        ("remove the label richpod.io/inject from the pod", ""),
        ("move it to spec.template.metadata.annotations", ""),
        ("remove cni.projectcalico.org/ipAddrs", ""),
        ("hostPID: false", ""),
        ("kubectl -n richpod-system get pods", ""),
    ],
)
def test_it_is_told_by_the_key_of_the_line(fix: str, place: str) -> None:
    assert where(fix) == place
    assert advice(fix) == f"to change{place}: {fix}"
