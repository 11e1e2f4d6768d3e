"""Required profiles: what the API server refuses by itself. The expressions are judged by a real one (tests/cluster)."""

import pytest

from tests.cli.manifests.conftest import SORTS, Json, Render, Rendered

KIND = "ValidatingAdmissionPolicy"


@pytest.fixture
def rendered(render: Render) -> Rendered:
    return render(SORTS)


def names(rendered: Rendered, kind: str) -> set[str]:
    return {name for found, name in rendered if found == kind}


def selected(each: Json) -> Json:
    return {e["key"]: (e["operator"], e.get("values")) for e in each["matchExpressions"]}


def test_every_required_profile_has_one_and_no_other(rendered: Rendered) -> None:
    assert names(rendered, KIND) == {"required.secure.richpod.io", "required.isolated.richpod.io"}
    assert names(rendered, f"{KIND}Binding") == {"required.secure.namespace.richpod.io", "required.isolated.profile.richpod.io"}


def test_it_refuses_and_fails_closed(rendered: Rendered) -> None:
    for name in names(rendered, KIND):
        assert rendered[KIND, name]["spec"]["failurePolicy"] == "Fail"
    for name in names(rendered, f"{KIND}Binding"):
        spec = rendered[f"{KIND}Binding", name]["spec"]
        assert spec["validationActions"] == ["Deny"]
        assert (KIND, spec["policyName"]) in rendered


def test_the_classes_are_those_the_webhook_sets_or_keeps(rendered: Rendered) -> None:
    """One where pods may not choose, all of the policy where they may."""
    secure, isolated = (
        rendered[KIND, f"required.{name}.richpod.io"]["spec"]["validations"][0] for name in ("secure", "isolated")
    )
    assert secure["expression"] == """object.spec.?runtimeClassName.orValue('') in ["gvisor"]"""
    assert isolated["expression"] == """object.spec.?runtimeClassName.orValue('') in ["gvisor", "kata-qemu"]"""
    assert secure["message"] == "richpod profile secure requires a runtime: runtimeClassName must be gvisor"
    assert isolated["message"] == "richpod profile isolated requires a runtime: runtimeClassName must be one of gvisor, kata-qemu"


def test_namespaces_are_those_of_the_entries_at_every_level(rendered: Rendered) -> None:
    entries = rendered["MutatingWebhookConfiguration", "richpod"]["webhooks"]
    for profile, way in (("secure", "namespace"), ("isolated", "profile")):
        binding = rendered[f"{KIND}Binding", f"required.{profile}.{way}.richpod.io"]["spec"]["matchResources"]
        for level in ("privileged", "baseline", "restricted"):
            entry = next(e for e in entries if e["name"] == f"{level}.{profile}.{way}.richpod.io")
            expected = selected(entry["namespaceSelector"])
            del expected["pod-security.kubernetes.io/enforce"]
            assert selected(binding["namespaceSelector"]) == expected


def test_no_pod_gets_out_by_a_label(rendered: Rendered) -> None:
    for name in names(rendered, f"{KIND}Binding"):
        assert "objectSelector" not in rendered[f"{KIND}Binding", name]["spec"]["matchResources"]


def test_a_required_default_profile_covers_every_way_in(render: Render) -> None:
    policy = """
    podOptIn: true
    runtimes: {gvisor: {class: gvisor}}
    profiles: {default: {features: {runtime: gvisor}, required: [runtime]}}
    """
    bindings = names(render(policy), f"{KIND}Binding")
    assert bindings == {f"required.default.{way}.richpod.io" for way in ("profile", "inject", "pod")}


GRANTING = """
runtimes: {gvisor: {class: gvisor}}
grants: {orders: {ports: [5432]}, "dns": {ports: [53]}}
profiles:
  vault: {features: {runtime: gvisor, authorize: [orders, dns]}, required: [authorize, runtime], namespaces: [payments]}
  open: {features: {authorize: [orders]}, namespaces: [shop]}
"""


def test_who_must_be_authorized_is_asked_for_each_part_of_it(render: Render) -> None:
    """Each says what a pod must have, the grants of the profile among it."""
    rendered = render(GRANTING)
    assert names(rendered, KIND) == {"required.vault.richpod.io"}
    said = [validation["message"] for validation in rendered[KIND, "required.vault.richpod.io"]["spec"]["validations"]]
    assert said[0] == "richpod profile vault requires a runtime: runtimeClassName must be gvisor"
    about = "richpod profile vault requires authorization: the pod's first init container must"
    assert len(said) == 8
    assert all(each.startswith(about) for each in said[1:])
    assert any("the grants orders, dns first" in each for each in said)


def test_where_only_authorization_is_required_no_runtime_is(render: Render) -> None:
    validations = render(GRANTING.replace(", runtime]", "]"))[KIND, "required.vault.richpod.io"]["spec"]["validations"]
    assert "runtimeClassName" not in str(validations)
