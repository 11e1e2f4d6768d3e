"""What is known of an entry before a pod arrives."""

import pytest

from tests.reviews import context
from tests.strategies import RUNTIMES
from webhook.admission.features import NAMES


@pytest.mark.parametrize(
    ("runtime_class", "kind"),
    [
        (None, "runc"),
        ("", "runc"),
        ("anything", "runc"),
        ("gvisor", "gvisor"),
        ("runsc-debug", "gvisor"),
        ("kata", "kata"),
        ("kata-qemu-tdx", "kata"),
        ("kata-fc", "kata-fc"),
        ("sysbox-runc", "sysbox"),
        ("nabla", "runc"),
    ],
)
def test_a_class_that_the_policy_does_not_name_is_judged_by_its_name(runtime_class: str | None, kind: str) -> None:
    assert context().runtime_kind(runtime_class) == kind


def test_the_policys_word_counts_more_than_a_classs_name() -> None:
    policy = {"runtimes": {"odd": {"class": "kata-fc", "kind": "gvisor"}, "own": {"class": "ours", "kind": "nabla"}}}
    assert context(policy).runtime_kind("kata-fc") == "gvisor"
    assert context(policy).runtime_kind("ours") == "nabla"


def test_a_runtime_without_a_kind_is_judged_by_its_class() -> None:
    policy = {"runtimes": {"g": {"class": "gvisor"}, "s": {"class": "runsc"}, "plain": {"class": "ours"}}}
    assert context(policy).runtime_kind("gvisor") == "gvisor"
    assert context(policy).runtime_kind("runsc") == "gvisor"
    assert context(policy).runtime_kind("ours") == "runc"


def test_every_feature_has_a_default() -> None:
    assert set(context().defaults) == set(NAMES)


def test_classes_lead_back_to_the_policys_names() -> None:
    assert context({"runtimes": RUNTIMES}).runtime_names["kata-qemu"] == "kata"
