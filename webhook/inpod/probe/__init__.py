"""C sources of ``probe``, built by ``webhook/inpod/toolkit.mk`` into the toolkit image. Nothing here is imported."""
