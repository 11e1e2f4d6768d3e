"""Names of everything that is installed into a cluster; manifests, certificates and the doctor all take them from here."""

NAMESPACE = "richpod-system"
LXCFS_NAMESPACE = "richpod-lxcfs"
"""Of the node agent alone, whose pods are privileged."""
FIELD_MANAGER = "richpod-certs"
"""Owns the caBundle of every webhook entry, and nothing else of the configuration."""

CONFIGURATION = "richpod"
"""The MutatingWebhookConfiguration."""
SERVICE = "richpod"
"""What the API server calls, on port 443."""
REPLICAS_SERVICE = "richpod-replicas"
"""Headless, unready pods included: its DNS name lists every replica, without any permission."""
WEBHOOK = "richpod-webhook"
CERTS = "richpod-certs"
LXCFS = "richpod-lxcfs"
GATEWAY = "richpod-gateway"
"""Names of workloads, of their ServiceAccounts, and values of the label OWN_LABEL on their pods. The gateway's Service and Lease
are called like it, too."""
EXPLAIN_ROLE = "richpod-explain"
"""Of those who may read the policy that runs, which `richpod explain` does; bound to nobody."""
PULL_SECRETS_ROLE = "richpod-pull-secrets"
"""The ClusterRole, and in each namespace of the policy's `images.pullSecretsFrom` the RoleBinding of it to the webhook."""
GRANTS_ROLE = "richpod-grants"
"""Of those who may read Grants, which `richpod grants` does; bound to nobody."""
GATEWAY_SLICES = {f"{GATEWAY}-ipv4": "IPv4", f"{GATEWAY}-ipv6": "IPv6"}
"""The EndpointSlices of the gateway's Service, and the family of their addresses: those of whoever leads."""
GATEWAY_HOST = f"{GATEWAY}.{NAMESPACE}.svc"
"""Of its Service, as pods know it by their cluster's DNS."""
AUTHORITY_SECRET = "richpod-authority"
SERVING_SECRET = "richpod-tls"
TRUSTED = "ca.crt"
"""Key of the latter: the authorities that its certificate may be of."""
POLICY_CONFIG_MAP = "richpod-policy"
"""Beginning of the name; `-HASH` of the policy follows."""
POLICY_KEY = "policy.yaml"
BOARD = "richpod-board"
"""The ConfigMap of Grafana's board."""

ADMISSION_PORT = 8443
GATEWAY_PORT = 8443
HEALTH_PORT = 8080

SERVER_NAMES = tuple(
    name
    for service in (SERVICE, GATEWAY)
    for name in (f"{service}.{NAMESPACE}.svc", f"{service}.{NAMESPACE}.svc.cluster.local", f"{service}.{NAMESPACE}", service)
)
"""What the serving certificate answers for; the first is what the API server asks for (requirement 59)."""
