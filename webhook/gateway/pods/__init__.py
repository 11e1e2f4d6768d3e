"""Pods: who asks, for what, whether it may, and when a pod has ended."""
