"""YAML as people write it: read with the place of every part, edited in place, every other byte kept."""
