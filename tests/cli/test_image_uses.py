"""Whom the question is for: containers of the application that leave it to their image what is run."""

import pytest

from webhook.cli.documents import files
from webhook.cli.image_uses import by_image

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: shop
  annotations: {annotations}
spec:
  initContainers: [{{name: prepare, image: prepare}}]
  containers: {containers}
"""


def used(containers: str, annotations: str = "{}") -> list[str]:
    return sorted(by_image(files([("app.yaml", POD.format(containers=containers, annotations=annotations))])))


def test_a_container_without_a_command_runs_what_its_image_says() -> None:
    assert used("[{name: web, image: web:1}, {name: log, image: log:2, args: [-v]}]") == ["log:2", "web:1"]


def test_a_container_that_names_its_command_asks_nobody() -> None:
    assert used("[{name: web, image: web, command: [/web]}, {name: log, image: log, command: []}]") == ["log"]


def test_nor_does_one_that_an_annotation_tells_of() -> None:
    containers = "[{name: web, image: web}, {name: log, image: log}]"
    assert used(containers, """{richpod.io/commands: '{"web": ["/web"]}'}""") == ["log"]


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"web": []}', '{"web": "/web"}'])
def test_an_annotation_that_cannot_be_read_tells_nothing(text: str) -> None:
    assert used("[{name: web, image: web}]", f"{{richpod.io/commands: '{text}'}}") == ["web"]


def test_a_container_without_an_image_is_nobody() -> None:
    assert used("[{name: web}, {name: log, image: null}]") == []


@pytest.mark.parametrize("order", [("web", "docker.io/library/web:latest"), ("docker.io/library/web:latest", "web")])
def test_an_image_that_is_written_in_two_ways_is_one_by_the_shorter(order: tuple[str, str]) -> None:
    assert used(f"[{{name: a, image: '{order[0]}'}}, {{name: b, image: '{order[1]}'}}]") == ["web"]


def test_every_place_is_known_with_its_line() -> None:
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n      containers:\n"
    listed = "apiVersion: v1\nkind: PodList\nitems:\n- spec:\n    containers:\n    - {name: a, image: web}\n"
    found = by_image(files([("job.yaml", f"{job}      - name: a\n        image: web\n"), ("list.yaml", f"---\n{listed}")]))
    assert [use.said("is that") for use in found["web"]] == [
        "job.yaml:9: document 1: spec.template.spec.containers[0].image is that",
        "list.yaml:7: document 1: items[0].spec.containers[0].image is that",
    ]
