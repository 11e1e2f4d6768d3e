"""How etcd and the Kubernetes processes that need no node are started: their argv, without the program's folder."""

from pathlib import Path

from .layout import API_PORT, NODE, PODS, SERVICES, Layout


def etcd(data: Path, client: str, peer: str) -> list[str]:
    """`client`, `peer`: the URLs it listens at."""
    return [
        "etcd",
        f"--data-dir={data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]


def api_server(credentials: Path, etcd_client: str, address: str, port: int) -> list[str]:
    """Enough for admission: every plug-in that is on by default, ServiceAccount among them."""
    return [
        "kube-apiserver",
        f"--etcd-servers={etcd_client}",
        f"--advertise-address={address}",
        f"--secure-port={port}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--client-ca-file={credentials}/ca.crt",
        f"--tls-cert-file={credentials}/apiserver.crt",
        f"--tls-private-key-file={credentials}/apiserver.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--service-account-key-file={credentials}/service-accounts.key",
        f"--service-account-signing-key-file={credentials}/service-accounts.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--allow-privileged=true",
    ]


def api_server_with_node(layout: Layout, etcd_client: str) -> list[str]:
    """The same, able to call the kubelet for logs and exec."""
    return [
        *api_server(layout.credentials, etcd_client, layout.node, API_PORT),
        f"--kubelet-client-certificate={layout.credentials}/kubelet-client.crt",
        f"--kubelet-client-key={layout.credentials}/kubelet-client.key",
        f"--kubelet-certificate-authority={layout.credentials}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def controller_manager(layout: Layout) -> list[str]:
    return [
        "kube-controller-manager",
        f"--kubeconfig={layout.credentials}/controller-manager.kubeconfig",
        f"--service-account-private-key-file={layout.credentials}/service-accounts.key",
        f"--root-ca-file={layout.credentials}/ca.crt",
        f"--cluster-signing-cert-file={layout.credentials}/ca.crt",
        f"--cluster-signing-key-file={layout.credentials}/ca.key",
        "--use-service-account-credentials",
        "--leader-elect=false",
        f"--cluster-cidr={PODS}",
        f"--service-cluster-ip-range={SERVICES}",
    ]


def scheduler(layout: Layout) -> list[str]:
    return ["kube-scheduler", f"--kubeconfig={layout.credentials}/scheduler.kubeconfig", "--leader-elect=false"]


def kubelet(layout: Layout) -> list[str]:
    return [
        "kubelet",
        f"--config={layout.run}/kubelet.yaml",
        f"--kubeconfig={layout.credentials}/kubelet.kubeconfig",
        f"--hostname-override={NODE}",
        f"--node-ip={layout.kubelet}",
        f"--root-dir={layout.run}/kubelet",
        f"--cert-dir={layout.run}/kubelet/pki",
    ]
