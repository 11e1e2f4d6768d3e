"""The configuration files of the node's processes, written into the cluster's folder."""

import json
from pathlib import Path

from .layout import NODE, PODS, Layout

CNI_PLUGINS = Path("/usr/lib/cni")
FIXED_ADDRESS = Path(__file__).resolve().parent / "fixed_address.py"
PAUSE = "localhost/pause:test"


def write(layout: Layout, restart_period: str | None) -> None:
    """`restart_period`: longest wait of a crashing container before it starts again, such as `1s`; None: Kubernetes' own."""
    (layout.run / "containerd.toml").write_text(_containerd(layout))
    layout.registries.mkdir()
    (layout.run / "runsc.toml").write_text('[runsc_config]\n  platform = "systrap"\n  ignore-cgroups = "true"\n')
    (layout.run / "cni/bin").mkdir(parents=True)
    plugin = layout.run / "cni/bin/fixed-address"
    plugin.write_bytes(FIXED_ADDRESS.read_bytes())
    plugin.chmod(0o755)
    (layout.run / "cni/10-pods.conflist").write_text(json.dumps(_cni(layout)))
    (layout.run / "resolv.conf").touch()
    (layout.run / "kubelet.yaml").write_text(json.dumps(_kubelet(layout, restart_period)))
    (layout.run / "proxy.yaml").write_text(json.dumps(_proxy(layout)))
    (layout.run / "Corefile").write_text(_corefile(layout))


def _containerd(layout: Layout) -> str:
    cri = "plugins.'io.containerd.cri.v1.runtime'"
    return f"""version = 3
root = "{layout.run}/containerd/root"
state = "{layout.run}/containerd/state"
[grpc]
  address = "{layout.containerd}"
[plugins.'io.containerd.internal.v1.opt']
  path = "{layout.run}/containerd/opt"
[{cri}]
  restrict_oom_score_adj = true  # many test machines lack CAP_SYS_RESOURCE
[{cri}.containerd]
  default_runtime_name = 'runc'
[{cri}.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
[{cri}.containerd.runtimes.runsc]
  runtime_type = 'io.containerd.runsc.v1'
[{cri}.containerd.runtimes.runsc.options]
  TypeUrl = 'io.containerd.runsc.v1.options'
  ConfigPath = '{layout.run}/runsc.toml'
[{cri}.cni]
  bin_dirs = ['{layout.run}/cni/bin', '{CNI_PLUGINS}']
  conf_dir = '{layout.run}/cni'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '{PAUSE}'
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '{layout.registries}'
"""


def _cni(layout: Layout) -> dict[str, object]:
    bridge = {
        "type": "bridge",
        "bridge": "pods",
        "isGateway": True,
        "hairpinMode": True,
        "ipMasq": True,
        "capabilities": {"io.kubernetes.cri.pod-annotations": True},
        "ipam": {
            "type": "fixed-address",
            "dataDir": f"{layout.run}/cni/addresses",
            "ranges": [[{"subnet": PODS}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}],
    }


def _kubelet(layout: Layout, restart_period: str | None) -> dict[str, object]:
    backoff = {"crashLoopBackOff": {"maxContainerRestartPeriod": restart_period}} if restart_period else {}
    return backoff | {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "x509": {"clientCAFile": f"{layout.credentials}/ca.crt"},
            "webhook": {"enabled": True},
            "anonymous": {"enabled": False},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{layout.containerd}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "oomScoreAdj": 0,
        "clusterDNS": [layout.node],
        "clusterDomain": "cluster.local",
        "resolvConf": f"{layout.run}/resolv.conf",
        "podCIDR": PODS,
        "tlsCertFile": f"{layout.credentials}/kubelet.crt",
        "tlsPrivateKeyFile": f"{layout.credentials}/kubelet.key",
        "localStorageCapacityIsolation": False,
        "evictionHard": dict.fromkeys(("memory.available", "nodefs.available", "imagefs.available", "nodefs.inodesFree"), "0%"),
        "volumePluginDir": f"{layout.run}/volume-plugins",
        "podLogsDir": f"{layout.run}/pod-logs",
        "maxPods": 250,
        "registryPullQPS": 0,
        "nodeStatusUpdateFrequency": "5s",
    }


def _proxy(layout: Layout) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": PODS,
        "hostnameOverride": NODE,
        "clientConnection": {"kubeconfig": f"{layout.credentials}/proxy.kubeconfig"},
        "conntrack": {"maxPerCore": 0},
    }


def _corefile(layout: Layout) -> str:
    return f""".:53 {{
  bind {layout.node}
  errors
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {layout.kubeconfig}
    pods insecure
  }}
  cache 5
}}
"""
