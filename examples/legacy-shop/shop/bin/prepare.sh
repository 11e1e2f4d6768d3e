#!/bin/sh
# Before the start: a shop with wrong settings shall not open.
nginx -q -t -p /srv/shop -c etc/nginx.conf || exit 1
echo "prepare.sh: the settings are right"
