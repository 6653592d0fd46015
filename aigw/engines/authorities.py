"""Whose certificates are believed."""

import ssl
from collections.abc import Mapping
from pathlib import Path


def authorities(environ: Mapping[str, str]) -> Path:
    """Return the file of trusted authorities: `SSL_CERT_FILE`, the system's, or certifi's."""
    named = environ.get("SSL_CERT_FILE", "")
    system = ssl.get_default_verify_paths().cafile
    if named or system:
        return Path(named or system or "").absolute()
    import certifi  # late: most systems have a file of their own

    return Path(certifi.where())
