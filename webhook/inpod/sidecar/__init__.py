"""The sidecar of a rich container: waits until its program answers, asks the launcher for preonline, tells the kubelet how it is.

Started as ``python3 -I -m webhook.inpod.sidecar``: as a module of the installed package its files are compiled already, and no
path with Python's version in it has to be known; ``-I`` keeps what else lies in the container out of it. It is one loop
(``loop``) around pure steps (``steps``), and stays small: no http.server, no asyncio, and TLS only where asked for. What it says
to a gateway (``authorization``) is beside all this, in a thread.
"""
