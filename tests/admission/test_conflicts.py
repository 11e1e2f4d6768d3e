"""One table of what does not go together; the page people read is printed from it."""

from pathlib import Path
from typing import Any, get_args

import pytest

from tests.conflicts_page import page
from tests.strategies import RUNTIMES
from webhook.admission.conditions import conditions
from webhook.admission.conflicts import ROWS, TABLE, Effect, meet
from webhook.admission.features.init import ELEMENTS
from webhook.errors import Refuse
from webhook.policy import Runtime
from webhook.policy.cluster import Systemd
from webhook.policy.services import SHIPPED
from webhook.policy.volumes import VOLUME_KINDS

Json = dict[str, Any]

PAGE = Path(__file__).parents[2] / "docs" / "conflicts.md"
KINDS = get_args(Runtime.model_fields["kind"].annotation)


def test_the_page_says_what_the_table_says(pytestconfig: pytest.Config) -> None:
    """`pytest --update-golden` prints it anew."""
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


def test_no_two_rows_say_different_things_of_the_same() -> None:
    assert len({(row.element, row.condition) for row in ROWS}) == len(ROWS)


def test_every_row_has_an_effect_and_a_reason() -> None:
    assert all(row.effect in get_args(Effect) and row.why for row in ROWS)


def test_reasons_fit_into_a_warning() -> None:
    """`richpod FEATURE skipped: CONDITION: WHY`, 120 characters."""
    assert [row for row in ROWS if len(f"richpod toolkit skipped: {row.condition}: {row.why}") > 120] == []


@pytest.mark.parametrize(
    ("spec", "condition"),
    [
        ({"shareProcessNamespace": True}, "shareProcessNamespace"),
        ({"hostPID": True}, "hostPID"),
        ({"hostNetwork": True}, "hostNetwork"),
        ({"hostUsers": False}, "hostUsers: false"),
        ({"containers": [{"securityContext": {"privileged": True}}]}, "privileged"),
    ],
)
def test_conditions_are_read_off_the_pod(spec: Json, condition: str) -> None:
    assert conditions({"containers": [], **spec}, False, "privileged", "runc") == [condition]


def test_nothing_special_is_no_condition() -> None:
    ordinary = {"containers": [{"securityContext": None}, {}], "hostPID": False, "hostUsers": True, "shareProcessNamespace": None}
    assert conditions(ordinary, False, "privileged", "runc") == []


def test_job_level_and_runtime_are_conditions() -> None:
    assert conditions({"containers": []}, True, "baseline", "kata") == ["job", "level:baseline", "runtime:kata"]


@pytest.mark.parametrize("key", ["subPath", "subPathExpr"])
@pytest.mark.parametrize("section", ["containers", "initContainers"])
def test_sub_paths_matter_wherever_they_are_and_only_to_other_runtimes(key: str, section: str) -> None:
    spec = {"containers": [], section: [{"volumeMounts": [{"name": "v", "mountPath": "/v", key: "x"}]}]}
    assert "subPath" in conditions(spec, False, "privileged", "kata")
    assert conditions(spec, False, "privileged", "runc") == []


KILLED = "no CAP_KILL"


@pytest.mark.parametrize(
    ("pod_level", "container", "held"),
    [
        ({}, {"capabilities": {"drop": ["ALL"], "add": ["SETUID", "SETGID"]}}, True),
        ({}, {"capabilities": {"drop": ["KILL"]}}, True),
        ({}, {"capabilities": {"drop": ["ALL"]}}, False),
        ({}, {"capabilities": {"drop": ["ALL"], "add": ["SETUID", "KILL"]}}, False),
        ({}, {"capabilities": {"drop": ["KILL"]}, "privileged": True}, False),
        ({}, {"capabilities": {"drop": ["KILL"]}, "runAsUser": 1000}, False),
        ({}, {"capabilities": {"drop": ["KILL"]}, "runAsUser": 0}, True),
        ({"runAsUser": 1000}, {"capabilities": {"drop": ["KILL"]}}, False),
        ({"runAsUser": 1000}, {"capabilities": {"drop": ["KILL"]}, "runAsUser": 0}, True),
        ({"runAsNonRoot": True}, {"capabilities": {"drop": ["KILL"]}}, False),
        ({}, {"capabilities": None}, False),
        ({}, {}, False),
    ],
)
def test_root_that_may_change_its_user_but_not_signal_it(pod_level: Json, container: Json, held: bool) -> None:
    spec = {"containers": [{"securityContext": container}], "securityContext": pod_level}
    assert (KILLED in conditions(spec, False, "privileged", "runc")) is held


def test_the_gravest_conflict_counts_and_the_first_of_equals() -> None:
    with pytest.raises(Refuse, match=r"^volume x, level:restricted: Pod Security") as refused:
        meet("volume:nfs", ["runtime:sysbox", "level:restricted", "hostUsers: false"], "volume x, ", "spec.volumes")
    assert refused.value.field == "spec.volumes"
    found = meet("volume:nfs", ["runtime:sysbox"])
    assert found is not None
    assert found.effect == "warn"
    assert meet("volume:nfs", []) is None
    assert meet("no-such-element", ["hostPID"]) is None


@pytest.mark.parametrize(
    ("condition", "field"),
    [("hostNetwork", "spec.hostNetwork"), ("hostUsers: false", "spec.hostUsers"), ("subPath", "spec.containers[*].volumeMounts")],
)
def test_a_refusal_points_at_the_field_that_is_in_the_way(condition: str, field: str) -> None:
    with pytest.raises(Refuse) as refused:
        meet("runtime:nabla", [condition])
    assert refused.value.field == field


def test_every_element_is_one_that_a_feature_asks_about() -> None:
    known = {*ELEMENTS, "lxcfs", "persist", "switch", "state", "debug", "fixed-ip", "authorize", "toolkit:copy", "toolkit:image"}
    known |= {f"service:{kind}" for kind in ("shipped", "root", "other-user", *SHIPPED)}
    known |= {f"cgroup:{way}" for way in get_args(Systemd.model_fields["cgroup"].annotation)}
    known |= {f"runtime:{kind}" for kind in KINDS} | {f"volume:{kind}" for kind in VOLUME_KINDS}
    assert set(TABLE) <= known


def test_every_condition_is_one_that_a_pod_can_fulfil() -> None:
    known = {"shareProcessNamespace", "hostPID", "hostNetwork", "hostUsers: false", "job", "subPath", "privileged", KILLED}
    # Of the main container: machine.py and features/services.py.
    known |= {"runAsNonRoot", "runAsUser", "drop ALL", "stdin", "preStop", "init of the image"}
    known |= {f"no CAP_{name}" for name in ("SETUID", "SETGID", "SYS_CHROOT")}
    known |= {"dnsPolicy: Default", "dnsPolicy: None", "hostAliases: gateway"}
    known |= {f"level:{level}" for level in ("baseline", "restricted")} | {f"runtime:{kind}" for kind in KINDS}
    assert {row.condition for row in ROWS} <= known


def test_every_runtime_family_is_tried_in_properties() -> None:
    assert {runtime["kind"] for runtime in RUNTIMES.values()} == set(KINDS)
