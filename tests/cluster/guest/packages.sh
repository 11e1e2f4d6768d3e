#!/bin/sh
# Installs the Debian packages that the guest needs beside those of ../packages.sh. Safe to repeat.
set -eu

packages="
e2fsprogs
libseccomp-dev
pkg-config
qemu-system-x86
"

missing=""
for package in $packages; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
    apt-get update --quiet
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends $missing
fi
