"""docs/services.md says what is."""

import re
from pathlib import Path

from tests.reviews import pod
from webhook.admission.context import Context
from webhook.admission.features.services import SPARE
from webhook.admission.pipeline import mutate
from webhook.policy.file import parse
from webhook.policy.services import SHIPPED, Service

PAGE = (Path(__file__).parents[1] / "docs/services.md").read_text()


def rows(heading: str) -> list[str]:
    """The first column of the table below a heading."""
    return re.findall(r"^\| `([A-Za-z]+)` \| ", PAGE.split(heading)[1].split("\n## ")[0], re.MULTILINE)


def test_its_policy_starts_its_service_and_lets_pods_name_the_others() -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    context = Context(parse(written), "default", "privileged")
    assert [verdict.feature for verdict in mutate(pod(), "shop", context).verdicts] == ["init", "services"]
    sent = pod(annotations={"richpod.io/services": "audit, sshd, crond"})
    outcomes = {verdict.sentence: verdict.outcome for verdict in mutate(sent, "shop", context).verdicts[1:]}
    assert outcomes == {f"container app: {name} beside it": "applied" for name in ("audit", "sshd", "crond")}


def test_it_has_every_field_and_every_shipped_service() -> None:
    assert {*rows("## What the administrator decides"), "authorizedKeys"} == {
        field.alias or name for name, field in Service.model_fields.items()
    }
    assert rows("## The shipped ones") == [*SHIPPED]


def test_it_says_how_long_a_pod_lives_longer() -> None:
    assert SPARE == 5
    assert "The pod has five seconds more" in PAGE
