"""The kinds of object in the store: where each lives and what it is called."""

from dataclasses import dataclass

NAMESPACE = "higress-system"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One resource of the API: its path, its names, and whether it lives in a namespace."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """Give `apiVersion` as objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def prefix(self) -> str:
        """Give the beginning of the kind's URL path."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"


def _kinds(group: str, version: str, **names: str) -> list[Kind]:
    return [
        Kind(group=group, version=version, plural=plural, kind=kind)
        for plural, kind in names.items()
    ]


def _clusterwide(group: str, version: str, **names: str) -> list[Kind]:
    return [
        Kind(group=group, version=version, plural=plural, kind=kind, namespaced=False)
        for plural, kind in names.items()
    ]


KINDS: dict[str, Kind] = {
    kind.plural: kind
    for kind in [
        *_kinds(
            "",
            "v1",
            configmaps="ConfigMap",
            secrets="Secret",
            services="Service",
            endpoints="Endpoints",
            pods="Pod",
        ),
        *_clusterwide("", "v1", nodes="Node", namespaces="Namespace"),
        *_clusterwide(
            "admissionregistration.k8s.io",
            "v1",
            mutatingwebhookconfigurations="MutatingWebhookConfiguration",
            validatingwebhookconfigurations="ValidatingWebhookConfiguration",
        ),
        *_kinds("discovery.k8s.io", "v1", endpointslices="EndpointSlice"),
        *_kinds("networking.k8s.io", "v1", ingresses="Ingress"),
        *_clusterwide("networking.k8s.io", "v1", ingressclasses="IngressClass"),
        *_kinds("extensions.higress.io", "v1alpha1", wasmplugins="WasmPlugin"),
        *_kinds("networking.higress.io", "v1", mcpbridges="McpBridge", http2rpcs="Http2Rpc"),
        *_clusterwide("gateway.networking.k8s.io", "v1beta1", gatewayclasses="GatewayClass"),
        *_kinds(
            "gateway.networking.k8s.io",
            "v1beta1",
            gateways="Gateway",
            httproutes="HTTPRoute",
            referencegrants="ReferenceGrant",
        ),
        *_kinds("networking.istio.io", "v1alpha3", envoyfilters="EnvoyFilter"),
    ]
}
