"""What all sections of the policy share: how strictly each is read, and what a mistake of several settings is told by."""

from typing import Annotated, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Name = TypeVar("Name")
Value = TypeVar("Value")
# The schema would let a name of another form hold anything.
Named = Annotated[dict[Name, Value], Field(json_schema_extra={"additionalProperties": False})]
"""A map whose keys the administrator chooses."""


class Section(BaseModel):
    """A part of the policy: immutable, camelCase in the file, no unknown keys, no word taken for a number or a truth value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class Contradiction(NamedTuple):
    """`path` are the keys and indexes that lead to the place in the file, the sentence says what to write."""

    path: tuple[str | int, ...]
    sentence: str
