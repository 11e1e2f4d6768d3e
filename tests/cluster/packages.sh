#!/bin/sh
# Installs the Debian packages that the test cluster and its images need. Safe to repeat: without anything missing it does nothing.
set -eu

packages="
buildah
busybox-static
containernetworking-plugins
debian-archive-keyring
gcc
iproute2
iptables
libc6-dev
lxcfs
mmdebstrap
procps
runc
util-linux
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
command -v go >/dev/null || { echo "packages.sh: Go 1.21 or newer must be in PATH (it fetches the version it needs)" >&2; exit 1; }

# Installing Debian's prometheus starts a server; the tests need its programs only.
prometheus="${XDG_CACHE_HOME:-$HOME/.cache}/richpod-prometheus"
if [ ! -x "$prometheus/usr/bin/promtool" ]; then
    mkdir -p "$prometheus/archives"
    cd "$prometheus/archives"
    apt-get download --quiet prometheus || { apt-get update --quiet && apt-get download --quiet prometheus; }
    dpkg --extract prometheus_*.deb "$prometheus"
fi
