"""C sources of ``launch``, built by ``webhook/inpod/toolkit.mk`` into the toolkit image. Nothing here is imported."""
