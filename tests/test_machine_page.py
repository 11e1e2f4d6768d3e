"""docs/machine.md says what is."""

import re
from pathlib import Path

import pytest

from tests.reviews import pod
from webhook.admission.context import Context
from webhook.admission.pipeline import mutate
from webhook.inpod.contract import HALT_ARGV, SBIN_INIT
from webhook.policy import MACHINES
from webhook.policy.cluster import Systemd
from webhook.policy.file import parse

PAGE = (Path(__file__).parents[1] / "docs/machine.md").read_text()


def test_its_policy_makes_machines() -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    sent = pod({"containers": [{"name": "app", "image": "x:1", "command": ["/app"]}]})
    outcome = mutate(sent, "boxes", Context(parse(written), "machines", "privileged"))
    assert [verdict.sentence for verdict in outcome.verdicts] == ["PID 1 is systemd"]
    container = sent["spec"]["containers"][0]
    assert container["command"][0] == SBIN_INIT
    assert f"begins with `{SBIN_INIT}`" in PAGE
    assert container["lifecycle"]["preStop"]["exec"]["command"] == [*HALT_ARGV]
    assert f"`{' '.join(HALT_ARGV)}`" in PAGE


def test_it_has_every_way_to_control_groups() -> None:
    ways = Systemd.model_fields["cgroup"].annotation.__args__  # type: ignore[union-attr]
    assert re.findall(r"^\| `([a-z0-9-]+)` \| ", PAGE, re.MULTILINE)[: len(ways)] == list(ways)


@pytest.mark.parametrize("init", sorted(MACHINES))
def test_without_a_way_to_control_groups_no_init_of_the_image_runs(init: str) -> None:
    assert "without that line `systemd` is skipped, and the\npod runs as it was. So is `sbin-init`" in PAGE
    context = Context(parse("profiles: {default: {allow: [init, systemd]}}"), "default", "privileged")
    outcome = mutate(pod(annotations={"richpod.io/init": init}), "boxes", context)
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("skipped", "no-cgroup")]
