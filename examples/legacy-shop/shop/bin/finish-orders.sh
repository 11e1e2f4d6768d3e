#!/bin/sh
# After the last customer: waits until the courier has fetched what was ordered.
while [ -n "$(ls /srv/shop/orders/waiting)" ]; do sleep 0.1; done
echo "finish-orders.sh: no order is waiting"
