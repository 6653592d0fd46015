"""Be there where pilot and the console wait for the controller; leave what it leaves behind."""

import os

from ..console.errors import ApiException, ConsoleError
from ..console.kube import Kube
from ..ports import APISERVER, CONTROLLER, CONTROLLER_HTTP
from .holding import hold

HTTPS = """\
automaticHttps: {automatic}
renewBeforeDays: 30
credentialConfig: []
acmeIssuer:
- name: letsencrypt
  email: "{email}"
  ak: ""
  sk: ""
fallbackForInvalidSecret: false
version: "1"
"""
AUTHORITY = "-----BEGIN CERTIFICATE-----\nmade-up\n-----END CERTIFICATE-----\n"


def leave_config_maps() -> None:
    """Create the two ConfigMaps that a first boot adds to the store."""
    automatic = os.environ.get("GATEWAY_AUTO_HTTPS_ENABLED", "true") or "true"
    email = os.environ.get("GATEWAY_AUTO_HTTPS_EMAIL", "")
    kube = Kube(f"https://127.0.0.1:{APISERVER}")
    for name, data in (
        ("higress-ca-root-cert", {"root-cert.pem": AUTHORITY}),
        ("higress-https", {"cert": HTTPS.format(automatic=automatic, email=email)}),
    ):
        try:
            if kube.find("configmaps", name) is None:
                kube.create("configmaps", _config_map(name, data))
        except (ApiException, ConsoleError, OSError):
            continue  # as the real one: it says so in its log and goes on


def _config_map(name: str, data: dict[str, str]) -> dict[str, object]:
    metadata = {"name": name, "namespace": "higress-system"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


if __name__ == "__main__":
    leave_config_maps()
    hold(CONTROLLER, CONTROLLER_HTTP)
