#!/bin/bash
# A load balancer as virtual machines have one: asks every shop for its health-check file, twice a second, and lets nginx balance
# between those that have it. $1: the name under which all their addresses are.

with_file() {
    getent ahostsv4 "$1" | awk '/STREAM/ { print $1 }' |
        xargs -r -P 0 -I {} curl -s -m 0.4 -o /dev/null -w '%{http_code} {}\n' http://{}/health.html |
        awk '$1 == 200 { print $2 }' | sort | xargs
}

rotate() {
    [ $# -gt 0 ] || set -- "127.0.0.1:9 down"  # nginx wants at least one
    { echo "upstream shops {"; printf '    server %s;\n' "$@"; echo "}"; } > rotation.conf
}

cd /srv/balancer || exit 1
trap exit TERM
rotate
nginx -p . -c nginx.conf
before=unknown
while sleep 0.5; do
    now=$(with_file "$1")
    [ "$now" != "$before" ] || continue
    rotate $now
    kill -HUP "$(cat /run/nginx.pid)"
    echo "$(date +%T) in rotation: ${now:-nobody}"
    before=$now
done
