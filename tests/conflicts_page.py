"""docs/conflicts.md, printed from the table that decides."""

from webhook.admission.conflicts import ROWS

_HEAD = """# What does not go together

What richpod does where an element meets a condition of the pod, of its runtime or of its namespace. What is not listed goes
together. `refuse`: the pod is denied with this reason. `skip`: the pod runs without the element and says so. `warn`: the element
is there, with a warning. `adapt`: the element is there in another form.

| element | with | what happens | because | instead |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    return _HEAD + "".join(
        f"| {row.element} | {row.condition} | {row.effect} | {row.why} | {f'`{row.fix}`' if row.fix else '–'} |\n" for row in ROWS
    )
