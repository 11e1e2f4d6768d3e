"""How upstreams are asked: what, when, how often, and what becomes of an answer."""
