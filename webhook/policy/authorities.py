"""Authorities that the policy trusts: certificates in PEM form."""


def unread(pem: str) -> str:
    """What to write instead of what TLS would not take, "" where it takes it."""
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except ssl.SSLError:
        return "holds no certificates; write them whole, from -----BEGIN CERTIFICATE----- on"
    except ValueError:
        return "holds more than ASCII; write certificates in PEM form"
    return ""
