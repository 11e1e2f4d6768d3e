"""What the webhook and the gateway share of serving: two ports, TLS that follows its files, and bounds on what callers cost."""
