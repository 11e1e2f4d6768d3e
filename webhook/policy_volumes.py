"""Volumes of the policy."""

from functools import cached_property

from pydantic import Field, JsonValue, model_validator

from webhook.errors import nearest
from webhook.policy_section import Section
from webhook.policy_text import AbsolutePath

VOLUME_KINDS = (
    *("cephfs", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "fc", "hostPath"),
    *("image", "iscsi", "nfs", "persistentVolumeClaim", "projected", "rbd", "secret"),
)


class Volume(Section):
    """One volume source, as in a pod, and where it is mounted in the application's containers."""

    source: dict[str, dict[str, JsonValue]] = Field(
        description="One volume source as in a pod, for example {persistentVolumeClaim: {claimName: data}}."
    )
    mount_path: AbsolutePath = Field(description="Where it is mounted in the application's containers.")
    read_only: bool = Field(default=False, description="Whether it is mounted for reading only.")

    @model_validator(mode="after")
    def _one_source(self) -> "Volume":
        if len(self.source) != 1:
            raise ValueError("needs exactly one volume source, for example {persistentVolumeClaim: {claimName: data}}")
        # A kind nobody knows may be newer than we are; a misspelt one would make the API server drop it, and refuse every pod.
        if self.kind not in VOLUME_KINDS and (meant := nearest(self.kind, VOLUME_KINDS)):
            raise ValueError(f"{self.kind} is no volume source{meant}")
        return self

    @cached_property
    def kind(self) -> str:
        return next(iter(self.source))
