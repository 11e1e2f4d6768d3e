"""One file, one feature. The tuple is the order in which they look at a pod, with the reason for each place."""

from webhook.admission.features import (
    authorize,
    debug,
    fixed_ip,
    hooks,
    init,
    lxcfs,
    mirrors,
    persist,
    runtime,
    services,
    volumes,
)
from webhook.admission.features.feature import Feature

FEATURES: tuple[Feature, ...] = (
    runtime.FEATURE,  # first: what the runtime cannot do decides over all others
    volumes.FEATURE,  # may refuse the pod: before anything is built
    fixed_ip.FEATURE,  # touches only annotations
    lxcfs.FEATURE,  # before init, whose toolkit it does not need
    authorize.FEATURE,  # before the toolkit, which comes behind its container, and hooks, whose sidecar asks the gateway, too
    persist.FEATURE,  # refuses a pod; its container needs the toolkit, and comes behind that one
    init.FEATURE,  # asks for images by the name the pod gives them …
    hooks.FEATURE,  # gives options to the launcher that init has inserted
    services.FEATURE,  # gives it theirs, behind those of hooks
    debug.FEATURE,  # gives it one more, before both
    mirrors.FEATURE,  # … so images are renamed last
)
NAMES = tuple(feature.name for feature in FEATURES)
