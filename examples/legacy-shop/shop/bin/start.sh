#!/bin/sh
# Starts the shop, as its machine did at boot, and stays until the shop ends. A machine that goes down sends SIGTERM.
cd /srv/shop || exit 1
trap 'bin/stop.sh; exit 0' TERM
nginx -p /srv/shop -c etc/nginx.conf  # leaves a daemon behind
bin/courier.sh & echo $! > run/courier.pid
bin/shop.py & echo $! > run/shop.pid
wait $!
