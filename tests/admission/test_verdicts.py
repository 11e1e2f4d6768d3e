"""Annotations that are advised: pasted into a manifest, they are what was meant."""

import pytest
import yaml

from webhook.admission.verdicts import annotated


@pytest.mark.parametrize(
    "text",
    [
        "launch",
        "dumb-init",
        "none",
        *("true", "no", "y", "null", "~", "", "7", "1e3", "a: b", "a #b", " a ", "über", "a\nb"),
        '["/srv/x","--fast"]',
        """{"app":["/it's","a\\nb"]}""",
    ],
)
def test_an_annotation_is_a_line_of_yaml(text: str) -> None:
    line = annotated("prestart", text)
    assert "\n" not in line
    assert yaml.safe_load(line) == {"richpod.io/prestart": text}


def test_what_needs_no_quotes_has_none() -> None:
    assert annotated("init", "dumb-init") == "richpod.io/init: dumb-init"
    assert annotated("prestart", '["/x","-y"]') == """richpod.io/prestart: '["/x","-y"]'"""
