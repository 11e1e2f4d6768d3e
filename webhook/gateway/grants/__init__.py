"""What was granted to whom: the ledger, kept as Grants in the API server."""
