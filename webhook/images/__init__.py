"""What an image runs: references, manifests and configurations of registries, read."""
