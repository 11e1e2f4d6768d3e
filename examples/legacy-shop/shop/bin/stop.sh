#!/bin/sh
# Stops what start.sh has started, which runs this when the machine goes down: no answer is cut off.
cd /srv/shop || exit 1
kill -QUIT "$(cat run/nginx.pid)"
while [ -e run/nginx.pid ]; do sleep 0.1; done
kill "$(cat run/courier.pid)" "$(cat run/shop.pid)"
echo "stop.sh: the shop is closed"
