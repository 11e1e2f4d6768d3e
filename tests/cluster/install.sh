#!/bin/sh
# Installs those of the named Debian packages that are missing. Where none is it does nothing.
set -eu

missing=""
for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
    apt-get update --quiet
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends $missing
fi
