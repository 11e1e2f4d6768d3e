"""How fast richpod is: ratios of things measured side by side in one run. docs/benchmarks.md has the method and figures."""
