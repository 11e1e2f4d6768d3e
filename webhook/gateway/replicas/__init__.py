"""Who of several replicas leads, and what that one does."""
