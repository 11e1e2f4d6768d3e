"""`richpod explain`: every gate, its reason, and the one line that would change it."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROJECT, Run
from webhook.admission.features import NAMES

APP = PROJECT / "examples/legacy-app"
POLICY = """
excludedNamespaces: [monitoring]
runtimes: {gvisor: {class: gvisor, kind: gvisor}}
volumes: {nfs: {source: {nfs: {server: nfs.example, path: /}}, mountPath: /nfs}}
profiles:
  default:
    features: {init: launch}
    allow: [init, lxcfs, volumes]
  web: {features: {init: dumb-init, mirrors: true}}
  seen: {allow: [volumes], mode: audit}
"""
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {METADATA, spec: {hostPID: true, containers: [{name: web, image: web, command: [/web]}]}}}
"""


@pytest.fixture
def explain(richpod: Run, tmp_path: Path) -> Any:
    """The gates of a pod by their names."""
    (tmp_path / "policy.yaml").write_text(POLICY)

    def gates(metadata: str = "{}", namespace: str = "{}", *words: str) -> dict[str, Any]:
        (tmp_path / "pod").write_text(POD.replace("METADATA", f"metadata: {metadata}"))
        (tmp_path / "ns").write_text(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: default, labels: {namespace}}}\n")
        policy = ("--policy", tmp_path / "policy.yaml")
        ran = richpod("explain", "-f", tmp_path / "pod", "--namespace", tmp_path / "ns", *policy, "-o", "json", *words)
        assert ran.code in (0, 1), ran.err
        (said,) = ran.lines
        return {gate["name"]: gate for gate in said["gates"]}

    return gates


OPTED_IN = '{richpod.io/inject: "true"}'


def test_every_feature_is_a_gate(explain: Any) -> None:
    assert list(explain(namespace=OPTED_IN)) == ["namespace", "entry", "mode", "left alone", *NAMES]


def test_text_names_the_pod_and_its_gates(richpod: Run) -> None:
    ran = richpod("explain", "-f", APP, "--policy", APP / "policy.yaml")
    lines = ran.out.splitlines()
    assert lines[0] == f"Deployment shop/shop ({APP}/app.yaml#1): changed"
    assert "  volumes     applied: the annotation asks for archive, pods may choose: volume archive at /var/archive" in lines
    assert "              to change, an annotation of the pod: remove richpod.io/volumes" in lines


def test_the_heading_promises_nothing_that_only_a_registry_tells(richpod: Run, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text("images: {registries: {docker.io: {}}}")
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: nginx}]}}"
    (tmp_path / "pod.yaml").write_text(pod)
    heading = richpod("explain", "-f", tmp_path / "pod.yaml", "--policy", tmp_path / "policy").out.splitlines()[0]
    assert heading.endswith(": unchanged without what docker.io tells the webhook")


@pytest.mark.parametrize(
    ("namespace", "line"),
    [
        (OPTED_IN, "to change, an annotation of the pod: richpod.io/init: none"),
        (OPTED_IN, "to change, in the policy: runtimes.NAME: {class: CLASS}"),
        (OPTED_IN, "and, in the policy: profiles.default: {features: {init: launch}, allow: [init, runtime]}"),
        (OPTED_IN, "and, an annotation of the pod: richpod.io/runtime: NAME"),
        ("{}", 'to change: richpod.io/inject: "true" among the labels of the namespace'),
    ],
)
def test_it_says_where_each_line_belongs(richpod: Run, tmp_path: Path, namespace: str, line: str) -> None:
    (tmp_path / "pod").write_text(POD.replace("METADATA, ", "").replace("hostPID: true, ", ""))
    (tmp_path / "ns").write_text(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: default, labels: {namespace}}}\n")
    out = richpod("explain", "-f", tmp_path / "pod", "--namespace", tmp_path / "ns").out
    assert line in [one.strip() for one in out.splitlines()]


def test_what_is_merely_off_comes_after_what_is_wrong(richpod: Run, tmp_path: Path) -> None:
    (tmp_path / "pod").write_text(POD.replace("METADATA", "metadata: {annotations: {richpod.io/intt: launch}}"))
    results = [line.split()[1].rstrip(":") for line in richpod("explain", "-f", tmp_path / "pod").out.splitlines()[1:]]
    assert "off" in results[results.index("note") :]
    assert "off" not in results[: results.index("note")]


def test_json_and_text_say_the_same(richpod: Run) -> None:
    words = ("explain", "-f", APP, "--policy", APP / "policy.yaml")
    text, said = richpod(*words).out, richpod(*words, "-o", "json").lines
    for gate in (gate for pod in said for gate in pod["gates"]):
        for part in (gate["result"], gate["sentence"], *gate["fix"], *gate["details"]):
            assert part in text


@pytest.mark.parametrize(
    ("labels", "stands"),
    [("{}", "is not set"), ('{richpod.io/inject: "false"}', 'is "false"')],
)
def test_no_entry_has_a_reason_and_a_line_that_changes_it(explain: Any, labels: str, stands: str) -> None:
    gates = explain(namespace=labels)
    assert list(gates) == ["namespace", "entry"]
    assert gates["entry"]["result"] == "none"
    assert gates["entry"]["sentence"] == f"the namespace's label richpod.io/inject {stands}"
    assert gates["entry"]["fix"] == ['richpod.io/inject: "true" among the labels of the namespace']


def test_every_other_entry_has_the_requirement_that_fails(explain: Any) -> None:
    entry = explain(namespace=OPTED_IN)["entry"]
    assert entry["result"] == "matches"
    assert entry["sentence"] == "privileged.default.inject.richpod.io: profile default, Pod Security privileged"
    profile, enforce = "the namespace's label richpod.io/profile", "the namespace's label pod-security.kubernetes.io/enforce"
    assert entry["details"] == [
        f"not {{privileged,baseline,restricted}}.default.profile.richpod.io: {profile} is not set",
        f"not {{baseline,restricted}}.default.inject.richpod.io: {enforce} is not set",
        f"not {{privileged,baseline,restricted}}.seen.profile.richpod.io: {profile} is not set",
        f"not {{privileged,baseline,restricted}}.web.profile.richpod.io: {profile} is not set",
        f"not unknown.profile.richpod.io: {profile} is not set",
    ]


def test_an_opt_out_is_named_with_its_label(explain: Any) -> None:
    entry = explain('{labels: {richpod.io/inject: "false"}}', OPTED_IN)["entry"]
    assert entry["sentence"] == 'the pod\'s label richpod.io/inject is "false"'
    assert entry["fix"] == ["remove the label richpod.io/inject from the pod"]


def test_an_excluded_namespace_has_no_line_that_changes_it(explain: Any) -> None:
    entry = explain("{}", "{}", "-n", "monitoring")["entry"]
    assert (entry["sentence"], entry["fix"]) == ("namespace monitoring is excluded", [])


def test_a_guess_is_called_one(explain: Any) -> None:
    gate = explain("{}", "{}", "-n", "elsewhere")["namespace"]
    assert (gate["result"], gate["sentence"]) == ("assumed", 'elsewhere has richpod.io/inject: "true"')


def test_a_namespace_of_which_nothing_is_known_does_not_matter_where_a_profile_is_named(explain: Any) -> None:
    gate = explain("{}", "{}", "-n", "elsewhere", "--profile", "web")["namespace"]
    assert (gate["result"], gate["sentence"]) == ("not looked at", "--profile was given")
    assert explain("{}", OPTED_IN, "--profile", "web")["namespace"]["result"] == "known"


def test_an_unknown_profile_is_a_gate(explain: Any) -> None:
    gates = explain("{}", "{richpod.io/profile: wep}")
    assert gates["entry"]["result"] == "unknown profile"
    assert "did you mean web?" in gates["pod"]["sentence"]
    assert list(gates) == ["namespace", "entry", "pod"]


def test_a_pod_that_is_left_alone_goes_no_further(explain: Any) -> None:
    gates = explain('{annotations: {kubernetes.io/config.mirror: "1"}}', OPTED_IN)
    assert list(gates) == ["namespace", "entry", "mode", "left alone"]
    assert gates["left alone"]["result"] == "yes"


def test_whether_anything_is_changed_is_a_gate(explain: Any) -> None:
    assert explain(namespace=OPTED_IN)["mode"]["result"] == "enforce"
    gate = explain("{annotations: {richpod.io/volumes: nothing}}", "{richpod.io/profile: seen}")["mode"]
    assert (gate["result"], gate["sentence"], gate["fix"]) == ("audit", "nothing is changed", ["profiles.seen.mode: enforce"])


PROFILE, ANNOTATION = "profile default asks for ", "the annotation asks for "
MIRROR = "mirrors: {docker.io/: REGISTRY/}"
ALLOW_RUNTIME = "profiles.default.allow: [init, lxcfs, volumes, runtime]"


@pytest.mark.parametrize(
    ("annotation", "name", "result", "sentence", "fix"),
    [
        ("", "init", "adapted", f"{PROFILE}launch, pods may choose: hostPID: ", "richpod.io/init: none"),
        ("init: dumb-init", "init", "applied", f"{ANNOTATION}dumb-init, pods may choose: hostPID: ", "richpod.io/init: launch"),
        ("init: none", "init", "off", f"{ANNOTATION}none, pods may choose", "richpod.io/init: launch"),
        ("init: runit", "init", "skipped", f"{ANNOTATION}runit, pods may choose: ", "remove richpod.io/init"),
        ("", "lxcfs", "off", f"{PROFILE}nothing, pods may choose", 'richpod.io/lxcfs: "true"'),
        ('lxcfs: "true"', "lxcfs", "skipped", f"{ANNOTATION}true, pods may choose: hostPID: ", "hostPID: false"),
        ("", "runtime", "off", f"{PROFILE}nothing, pods may not choose", (ALLOW_RUNTIME, "richpod.io/runtime: gvisor")),
        ("runtime: gvisor", "runtime", "refused", f"{ANNOTATION}gvisor, pods may not choose: ", ALLOW_RUNTIME),
        ("volumes: nfs", "volumes", "applied", f"{ANNOTATION}nfs, pods may choose: ", "remove richpod.io/volumes"),
        ("", "mirrors", "off", f"{PROFILE}nothing", (MIRROR, "profiles.default.features: {init: launch, mirrors: true}")),
    ],
)
def test_a_feature_says_who_asks_who_may_and_what_would_change_it(
    explain: Any, annotation: str, name: str, result: str, sentence: str, fix: str | tuple[str, ...]
) -> None:
    asked = f"{{annotations: {{richpod.io/{annotation}}}}}" if annotation else "{}"
    gate = explain(asked, OPTED_IN)[name]
    assert (gate["result"], gate["fix"]) == (result, [*fix] if isinstance(fix, tuple) else [fix])
    assert gate["sentence"].startswith(sentence)


KEEPING = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {annotations: {richpod.io/persist: '[{"path": "/srv", "claim": "data", "single": true}]'}}
    spec: {containers: [{name: web, image: web, command: [/web]}]}
"""


def test_of_pods_that_are_too_many_no_gate_says_that_they_are_not_created(richpod: Run, tmp_path: Path) -> None:
    """What is wrong comes first; the rest is as each of them is made."""
    (tmp_path / "policy").write_text("profiles: {default: {features: {init: launch, mirrors: true}, allow: [persist]}}")
    (tmp_path / "web").write_text(KEEPING)
    ran = richpod("explain", "-f", tmp_path / "web", "--policy", tmp_path / "policy", "-o", "json")
    gates = {gate["name"]: gate for gate in ran.lines[0]["gates"]}
    persist = gates["persist"]
    assert (ran.code, persist["result"], persist["details"]) == (1, "refused", ["applied: /srv stays in data"])
    assert persist["sentence"].endswith(": 3 pods at once (replicas 3) are created, each judged alone, and share claim data")
    assert (gates["init"]["result"], gates["mirrors"]["result"]) == ("applied", "off")


def test_a_conflict_is_named_with_its_reason(explain: Any) -> None:
    gate = explain('{annotations: {richpod.io/lxcfs: "true"}}', OPTED_IN)["lxcfs"]
    assert gate["sentence"].endswith("hostPID: lxcfs would show the node's limits")


def test_words_in_the_wrong_place_are_gates_of_the_pod(explain: Any) -> None:
    gate = explain("{annotations: {richpod.io/intt: launch}}", OPTED_IN)["pod"]
    assert gate["result"] == "note"
    assert "did you mean richpod.io/init?" in gate["sentence"]


def test_a_refusal_is_told_by_the_exit_code(richpod: Run, tmp_path: Path) -> None:
    (tmp_path / "pod").write_text(POD.replace("METADATA", "metadata: {annotations: {richpod.io/volumes: nothing}}"))
    assert richpod("explain", "-f", tmp_path / "pod").code == 1
