"""What `explain` says to write changes what it says: each line is written where it names, and the gate is asked again."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Run
from webhook.admission.features import NAMES

POLICIES = {
    "built-in": "{}",
    "lets-pods-choose": """
        runtimes: {gvisor: {class: gvisor}}
        volumes: {nfs: {source: {nfs: {server: nfs.example, path: /}}, mountPath: /nfs}}
        fixedIP: {annotation: cni.example/ips, pools: {default: [198.51.100.0/28]}}
        grants: {orders: {ports: [5432]}, stock: {ports: [443], to: [{namespaces: [shop]}]}}
        profiles:
          default: {features: {init: launch}, allow: [init, hooks, debug, lxcfs, runtime, volumes, fixed-ip, authorize]}
    """,
    "decides-all": """
        mirrors: {docker.io/: mirror.example.com/}
        runtimes: {runc: {class: runc}}
        volumes: {nfs: {source: {nfs: {server: nfs.example, path: /}}, mountPath: /nfs}}
        profiles:
          default:
            features:
              {init: dumb-init, hooks: {prestart: [/hook]}, debug: java, lxcfs: true, mirrors: true, runtime: runc,
               volumes: [nfs]}
    """,
    "proposes-all": """
        runtimes: {gvisor: {class: gvisor}, runc: {class: runc}}
        volumes: {nfs: {source: {nfs: {server: nfs.example, path: /}}, mountPath: /nfs}}
        profiles:
          default:
            features:
              {init: launch, hooks: {online: hold}, debug: java, lxcfs: true, runtime: runc, volumes: [nfs], authorize: [orders]}
            allow: [init, hooks, debug, lxcfs, runtime, volumes, authorize]
        grants: {orders: {ports: [5432]}}
    """,
    "requires": """
        runtimes: {gvisor: {class: gvisor}}
        grants: {orders: {ports: [5432]}}
        profiles:
          default: {features: {runtime: gvisor, authorize: [orders]}, required: [runtime, authorize], allow: [lxcfs]}
    """,
    "mirrors-others": """
        mirrors: {quay.io/: mirror.example.com/}
        fixedIP: {annotation: cni.example/ips, pools: {default: [2001:db8::/64], shop: [198.51.100.0/28]}}
        profiles: {default: {features: {mirrors: true}}}
    """,
}
PODS = (
    *(
        "{}",
        "{init: none}",
        "{init: dumb-init}",
        "{init: lunch}",
        "{init: runit}",
        '{lxcfs: "true"}',
        '{lxcfs: "false"}',
        '{lxcfs: "on"}',
    ),
    *("{runtime: gvisor}", "{runtime: gvisr}", '{runtime: ""}', "{volumes: nfs}", "{volumes: nsf}", '{volumes: ""}'),
    *("{fixed-ip: 198.51.100.7}", "{fixed-ip: 2001:db8::7}", "{fixed-ip: here}"),
    *("{prestart: /hook}", "{prestart: hook, online: hold}", "{online: hald}", "{online: auto}", "{init: none, check-url: here}"),
    *("{debug: java}", "{debug: none}", "{debug: jav}", "{debug: java, init: none}"),
    *("{authorize: orders}", "{authorize: order}", "{authorize: none}", "{authorize: stock}", "{app: x y, authorize: orders}"),
    *("{containers: nobody}", '{containers: nobody, init: none, lxcfs: "true"}'),
)
CLASSES = (None, "gvisor", "vendor")
"""Of runtimes that the pod names itself."""
FILLED_IN = {
    "NAME": "extra",
    "CLASS": "extra-class",
    "CLAIM": "claim",
    "/PATH": "/path",
    "REGISTRY": "registry.example.com",
    "ADDRESS": "198.51.100.9",
    "KEY": "cni.example/ips",
}


class Asked:
    """A pod and a policy, as whoever reads `explain` edits them."""

    def __init__(self, richpod: Run, folder: Path, policy: str, annotations: str, runtime_class: str | None) -> None:
        self._richpod, self._folder = richpod, folder
        self.policy: Any = yaml.safe_load(policy)
        self.annotations = {f"richpod.io/{name}": value for name, value in yaml.safe_load(annotations).items()}
        self.spec: Any = {"containers": [{"name": "web", "image": "web", "command": ["/web"]}]}
        if runtime_class is not None:
            self.spec["runtimeClassName"] = runtime_class

    def gates(self) -> dict[str, Any]:
        template = {"metadata": {"annotations": self.annotations}, "spec": self.spec}
        pod = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": template}}
        (self._folder / "policy").write_text(yaml.safe_dump(self.policy))
        ran = self._richpod("explain", "-f", "-", "--policy", self._folder / "policy", "-o", "json", stdin=yaml.safe_dump(pod))
        assert ran.code in (0, 1), f"{self.policy}: {ran.err}"
        return {gate["name"]: gate for gate in ran.lines[0]["gates"]}

    def write(self, lines: list[str]) -> "Asked":
        edited = deepcopy(self)
        for line in lines:
            edited._write(line)
        return edited

    def _write(self, line: str) -> None:
        for word, value in FILLED_IN.items():
            line = line.replace(word, value)
        if line.startswith("remove "):
            key = line.removeprefix("remove ")
            del (self.spec if key == "runtimeClassName" else self.annotations)[key]
        elif line.startswith("richpod.io/"):
            self.annotations |= yaml.safe_load(line)
        else:
            path, _, value = line.partition(": ")
            *parents, last = path.split(".")
            place = self.policy
            for key in parents:
                place = place.setdefault(key, {})
            place[last] = yaml.safe_load(value)


@pytest.mark.parametrize("runtime_class", CLASSES)
@pytest.mark.parametrize("pod", PODS)
@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_to_be_written_changes_the_gate(
    richpod: Run, tmp_path: Path, policy: str, pod: str, runtime_class: str | None
) -> None:
    asked = Asked(richpod, tmp_path, POLICIES[policy], pod, runtime_class)
    before = asked.gates()
    for name in NAMES:
        gate = before[name]
        if gate["result"] == "not applied":
            assert gate["fix"] == []
            continue
        assert gate["fix"], name
        after = asked.write(gate["fix"]).gates()[name]
        assert decided(after) != decided(gate), (name, gate, after)


def decided(gate: Any) -> tuple[str, str]:
    """The result, and why; behind a reason that is mended another may come to light."""
    why = gate["sentence"].partition("choose: ")[2] if gate["result"] in ("skipped", "refused") else ""
    return gate["result"], why


def lines(richpod: Run, folder: Path, policy: str, annotations: str = "{}") -> dict[str, list[str]]:
    """Feature to what is to be written."""
    gates = Asked(richpod, folder, policy, annotations, None).gates()
    return {name: gates[name]["fix"] for name in NAMES}


def test_a_list_is_the_profiles_own_with_one_more(richpod: Run, tmp_path: Path) -> None:
    policy = "runtimes: {gvisor: {class: gvisor}}\nprofiles: {default: {features: {init: launch}, allow: [init, lxcfs]}}"
    assert lines(richpod, tmp_path, policy)["runtime"] == [
        "profiles.default.allow: [init, lxcfs, runtime]",
        "richpod.io/runtime: gvisor",
    ]
    assert lines(richpod, tmp_path, policy)["mirrors"] == [
        "mirrors: {docker.io/: REGISTRY/}",
        "profiles.default.features: {init: launch, mirrors: true}",
    ]


def test_words_of_a_hook_are_one_text_of_yaml(richpod: Run, tmp_path: Path) -> None:
    policy = POLICIES["lets-pods-choose"]
    asked = Asked(richpod, tmp_path, policy, "{prestart: /hook --fast}", None)
    fix = asked.gates()["hooks"]["fix"]
    assert fix == ["""richpod.io/prestart: '["/hook","--fast"]'"""]
    assert asked.write(fix).gates()["hooks"]["result"] == "applied"


def test_with_the_init_goes_what_a_policy_must_not_name_without_it(richpod: Run, tmp_path: Path) -> None:
    """Settings of hooks of which there are none may stay."""
    asked = "{init: launch, hooks: {prestart: [/hook]}, debug: java, lxcfs: true}"
    policy = f"profiles: {{default: {{features: {asked}}}}}"
    assert lines(richpod, tmp_path, policy)["init"] == ["profiles.default.features: {init: none, lxcfs: true}"]
    idle = policy.replace("prestart: [/hook]", "drain: 9")
    assert lines(richpod, tmp_path, idle)["init"] == [
        "profiles.default.features: {init: none, lxcfs: true, hooks: {drain: 9}}",
    ]


def test_a_section_that_is_not_there_comes_first(richpod: Run, tmp_path: Path) -> None:
    policy = "profiles: {default: {allow: [init, lxcfs]}}"
    assert lines(richpod, tmp_path, policy)["fixed-ip"] == [
        "fixedIP: {annotation: KEY, pools: {default: [ADDRESS]}}",
        "profiles.default.allow: [init, lxcfs, fixed-ip]",
        "richpod.io/fixed-ip: ADDRESS",
    ]
    assert lines(richpod, tmp_path, policy, "{fixed-ip: 198.51.100.7}")["fixed-ip"] == [
        "fixedIP: {annotation: KEY, pools: {default: [198.51.100.7]}}",
        "profiles.default.allow: [init, lxcfs, fixed-ip]",
    ]


POOLS = "fixedIP: {annotation: cni.example/ips, pools: {shop: [203.0.113.0/28]OWN}}\nprofiles: {default: {allow: [ALLOWED]}}"
OWN, CHOICE = ", default: [192.0.2.0/28]", "profiles.default.allow: [fixed-ip]"


@pytest.mark.parametrize(
    ("own", "allowed", "address", "fix"),
    [
        (OWN, "fixed-ip", "198.51.100.7", ["richpod.io/fixed-ip: 192.0.2.1"]),
        (OWN, "fixed-ip", "203.0.113.7", ["richpod.io/fixed-ip: 192.0.2.1"]),
        (OWN, "", "198.51.100.7", ["fixedIP.pools.default: [192.0.2.0/28, 198.51.100.7]", CHOICE]),
        (OWN, "", "192.0.2.7,203.0.113.7", [CHOICE, "richpod.io/fixed-ip: 192.0.2.1"]),
        ("", "fixed-ip", "203.0.113.7", ["fixedIP.pools.default: [ADDRESS]", "richpod.io/fixed-ip: ADDRESS"]),
        ("", "", "203.0.113.7", ["fixedIP.pools.default: [ADDRESS]", CHOICE, "richpod.io/fixed-ip: ADDRESS"]),
    ],
)
def test_lines_for_an_address_make_one_work_and_leave_to_other_namespaces_theirs(
    richpod: Run, tmp_path: Path, own: str, allowed: str, address: str, fix: list[str]
) -> None:
    policy = POOLS.replace("OWN", own).replace("ALLOWED", allowed)
    asked = Asked(richpod, tmp_path, policy, f'{{fixed-ip: "{address}"}}', None)
    gate = asked.gates()["fixed-ip"]
    assert (gate["result"], gate["fix"]) == ("skipped", fix)
    assert asked.write(fix).gates()["fixed-ip"]["result"] == "applied"


def test_the_built_in_profile_is_written_whole(richpod: Run, tmp_path: Path) -> None:
    """Whatever a file leaves out of it would be none."""
    asked = Asked(richpod, tmp_path, "{}", "{}", None)
    before = asked.gates()
    assert before["lxcfs"]["fix"] == [
        "profiles.default: {features: {init: launch}, allow: [init, lxcfs]}",
        'richpod.io/lxcfs: "true"',
    ]
    assert asked.write(before["lxcfs"]["fix"]).gates()["init"] == before["init"]


def test_an_annotation_that_names_no_container_of_the_application_goes(richpod: Run, tmp_path: Path) -> None:
    gates = Asked(richpod, tmp_path, POLICIES["built-in"], "{containers: nobody}", None).gates()
    assert (gates["init"]["result"], gates["init"]["fix"]) == ("off", ["remove richpod.io/containers"])
    assert gates["init"]["sentence"].endswith(
        ": nothing is treated, the annotation containers names none of the application's containers (web)"
    )


def test_a_pod_without_containers_has_nothing_to_change(richpod: Run, tmp_path: Path) -> None:
    asked = Asked(richpod, tmp_path, POLICIES["built-in"], "{}", None)
    asked.spec["containers"] = []
    assert asked.gates()["init"]["fix"] == []


def test_volumes_of_the_node_are_no_pods_choice(richpod: Run, tmp_path: Path) -> None:
    """The policy would be refused."""
    policy = "volumes: {node: {source: {hostPath: {path: /data}}, mountPath: /data}}\nprofiles: {default: {allow: [init]}}"
    assert lines(richpod, tmp_path, policy)["volumes"] == []


def test_what_a_refused_pod_would_have_got_is_not_called_off(richpod: Run, tmp_path: Path) -> None:
    gates = Asked(richpod, tmp_path, POLICIES["built-in"], "{volumes: nothing}", None).gates()
    assert gates["volumes"]["result"] == "refused"
    assert (gates["init"]["result"], gates["init"]["fix"]) == ("not applied", [])
    assert gates["init"]["sentence"].endswith(": the pod is refused")
