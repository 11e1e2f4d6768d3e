#!/bin/sh
# After the end: what the day brought.
echo "report.sh: $(ls /srv/shop/orders/delivered | wc -l) orders delivered, end $RICHPOD_REASON, exit code $RICHPOD_EXIT_CODE"
