"""The node agent: runs lxcfs on a node, and heals what pods see when lxcfs ends or hangs (docs/lxcfs.md)."""
