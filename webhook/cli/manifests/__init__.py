"""`richpod manifests`: all objects of an installation, rendered from the policy; each file here is about one part of it."""
