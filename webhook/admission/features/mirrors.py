"""Pulls images through the mirrors of the policy: the longest matching prefix is replaced, once; tags and digests stay."""

from typing import Any

from webhook.admission.container import every_container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod
from webhook.admission.reserved import has_our_image
from webhook.admission.verdicts import Verdict
from webhook.images.reference import placed
from webhook.inpod.contract import RESERVED


def apply(pod: Pod, wanted: bool, context: Context) -> list[Verdict]:
    rules = tuple(sorted(context.policy.mirrors.items(), key=lambda rule: -len(rule[0])))
    renamed = 0
    for container in every_container(pod.spec):
        if not has_our_image(container.name):
            renamed += _rename(pod, container.raw, container.path, "image", rules)
    for i, volume in enumerate(pod.spec.get("volumes") or ()):
        if isinstance(image := volume.get("image"), dict) and not volume["name"].startswith(RESERVED):
            renamed += _rename(pod, image, f"/spec/volumes/{i}/image", "reference", rules)
    return [Verdict("mirrors", "applied", "", "images come through a mirror")] if renamed else []


def _rename(pod: Pod, holder: dict[str, Any], path: str, key: str, rules: tuple[tuple[str, str], ...]) -> bool:
    image = holder.get(key)
    if not image:
        return False
    mirrored = mirror(image, rules)
    if mirrored != image:
        pod.patch.replace(holder, path, key, mirrored)
    return mirrored != image or any(_begins(image, target) for _, target in rules)


def mirror(image: str, rules: tuple[tuple[str, str], ...]) -> str:
    """The image's name at the mirror; `rules` are (prefix, target), the longest prefix first."""
    if any(_begins(image, target) for _, target in rules):
        return image
    name = full_name(image)
    return next((target + name[len(prefix) :] for prefix, target in rules if _begins(name, prefix)), image)


def _begins(name: str, prefix: str) -> bool:
    """Whole segments only: docker.io/library/nginx is no prefix of docker.io/library/nginx-debug."""
    return name.startswith(prefix) and (prefix.endswith("/") or name[len(prefix) : len(prefix) + 1] in ("", "/", ":", "@"))


def full_name(image: str) -> str:
    """A reference with the registry and the `library/` that container runtimes assume, the registry in its plainest form."""
    return "/".join(placed(image))


FEATURE = Feature("mirrors", apply)
