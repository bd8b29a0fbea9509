#!/usr/bin/env python3
"""Looks at every file that is handed out for running Tiltyard, with the tool that knows its format. No Docker and no Kubernetes are
needed, and none are started: Compose and Kubernetes files are held against their published schemas, and the Dockerfile is read by
a linter. What each check cannot see is said in docs/running.md.

    deploy/tests/files.py --tiltyard BINARY --tools FOLDER
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from program import certificate, program

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES_VERSION = "1.37"
# systemd's own measure of what a service could do to its machine: 10 is everything, below 2 is "ok" at its best.
EXPOSURE_MAX = 1.5


class Checks:
    def __init__(self, tools: Path, binary: Path):
        self.tools, self.binary, self.failed = tools, binary.resolve(), 0

    def said(self, what: str, well: bool, why: str = "") -> None:
        print(f"{'well ' if well else 'WRONG'} {what}", *([why.strip()] if not well else []), sep="\n      ", flush=True)
        self.failed += not well

    def run(self, what: str, *command) -> str:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        self.said(what, done.returncode == 0, done.stdout + done.stderr)
        return done.stdout

    def tool(self, name: str) -> Path:
        return self.tools / "bin" / name


def unit(checks: Checks, folder: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    text = (DEPLOY / "systemd" / "tiltyard.service").read_text().replace("/usr/local/bin/tiltyard", str(checks.binary))
    copy, full = folder / "tiltyard.service", folder / "with-all" / "tiltyard.service"
    copy.write_text(text)
    full.parent.mkdir()
    full.write_text(re.sub(r"^#(?=[A-Z][A-Za-z]+=)", "", text, flags=re.MULTILINE))
    checks.run("systemd: the unit is understood", analyze, "verify", "--man=no", copy)
    checks.run("systemd: so is every line of it that is a comment", analyze, "verify", "--man=no", full)
    checks.run(f"systemd: exposure at most {EXPOSURE_MAX}", analyze, "security", "--offline=true", f"--threshold={int(EXPOSURE_MAX * 10)}", copy)


def nginx(checks: Checks, folder: Path) -> None:
    server = program("nginx", "nginx")
    (folder / "tls").mkdir()
    certificate("registry.example.com", folder / "tls", "registry")
    for source, hosts in ((DEPLOY / "nginx/tiltyard.conf", ()), (DEPLOY / "docker/nginx.conf", ("tiltyard-1", "tiltyard-2", "tiltyard-3"))):
        text = source.read_text().replace("/etc/nginx/tls", f"{folder}/tls").replace("/etc/nginx/tiltyard", f"{DEPLOY}/nginx")
        for number, host in enumerate(hosts, 1):
            text = text.replace(f"{host}:", f"127.0.0.{number}:")
        whole = folder / "nginx.conf"
        whole.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
        checks.run(f"nginx: {source.relative_to(DEPLOY)} is understood", server, "-t", "-q", "-p", folder, "-e", folder / "error.log", "-c", whole)


def docker(checks: Checks) -> None:
    checks.run("Docker: the linter finds nothing in the Dockerfile", checks.tool("hadolint"), DEPLOY / "docker" / "Dockerfile")
    compose = DEPLOY / "docker" / "compose.yaml"
    checks.run("Compose: the file keeps the schema", checks.tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", compose)
    services = yaml.safe_load(compose.read_text())["services"]
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", []) if volume.startswith(".")]
    missing = [path for path in mounted if not (compose.parent / path).exists()]
    checks.said("Compose: files that it mounts are there", not missing, str(missing))


def kubernetes(checks: Checks, folder: Path) -> None:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    listed = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    manifests = [file for file in files if file.name != "kustomization.yaml"]
    checks.said("Kubernetes: the kustomization names every manifest", sorted(listed) == [file.name for file in manifests], str(listed))
    for file in manifests:
        checks.run(f"Kubernetes: {file.name} keeps the schema of {KUBERNETES_VERSION}",
                   checks.tool("kubernetes-validate"), "--strict", "--version", KUBERNETES_VERSION, file)
    policy = folder / "networkpolicy.yaml"
    policy.write_text(re.sub(r"^    # (?=- to|  ports)", "    ", (DEPLOY / "kubernetes/networkpolicy.yaml").read_text(), flags=re.MULTILINE))
    checks.run("Kubernetes: rules of the network that are comments keep it too",
               checks.tool("kubernetes-validate"), "--strict", "--version", KUBERNETES_VERSION, policy)
    together = [document for file in manifests for document in yaml.safe_load_all(file.read_text())]
    named = {(document["kind"], document["metadata"]["name"]): document for document in together}
    checks.said("Kubernetes: no two manifests are of one kind and name", len(named) == len(together))
    _manifests(checks, named)


def _manifests(checks: Checks, named: dict[tuple[str, str], dict]) -> None:
    """What the manifests, by their kinds and names, say of each other."""
    pod = named["Deployment", "tiltyard"]["spec"]["template"]
    labels = pod["metadata"]["labels"].items()
    selectors = {
        "Deployment": named["Deployment", "tiltyard"]["spec"]["selector"]["matchLabels"],
        "Service": named["Service", "tiltyard"]["spec"]["selector"],
        "PodDisruptionBudget": named["PodDisruptionBudget", "tiltyard"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": named["NetworkPolicy", "tiltyard"]["spec"]["podSelector"]["matchLabels"],
    }
    astray = [kind for kind, selector in selectors.items() if not selector.items() <= labels]
    checks.said("Kubernetes: what selects pods selects ours", not astray, str(astray))
    sources = [source["configMapRef"]["name"] for source in pod["spec"]["containers"][0]["envFrom"] if "configMapRef" in source]
    missing = [name for name in sources if ("ConfigMap", name) not in named]
    checks.said("Kubernetes: the settings of the pods are there", bool(sources) and not missing, str(missing))
    ingresses = {name: manifest for (kind, name), manifest in named.items() if kind == "Ingress"}
    behind = {name: _backends(manifest) for name, manifest in ingresses.items()}
    ports = {port["name"] for port in named["Service", "tiltyard"]["spec"]["ports"]}
    astray = [name for name, backends in behind.items() if not backends or not backends <= {("tiltyard", port) for port in ports}]
    checks.said(f"Kubernetes: {' and '.join(ingresses)} lead to the replicas", len(ingresses) > 1 and not astray, str(astray))


def _backends(ingress: dict) -> set[tuple[str, str]]:
    """Services and their ports."""
    services = [path["backend"]["service"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    return {(service["name"], service["port"]["name"]) for service in services}


def settings(checks: Checks) -> None:
    """Each variable that a file sets is one that the server knows."""
    reference = subprocess.run([checks.binary, "settings-reference"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", reference))
    ours = r"\b(?:(?:MLFLOW|TILTYARD|AWS|AZURE|GOOGLE)_[A-Z0-9_]+|PG[A-Z]+)\b"
    files = [file for folder in ("systemd", "docker", "kubernetes") for file in (DEPLOY / folder).iterdir() if file.is_file()]
    named = {(file.name, name) for file in files for name in re.findall(ours, file.read_text())}
    unknown = sorted(f"{file}: {name}" for file, name in named if name not in known)
    checks.said("settings: the files name only what the server knows", not unknown, ", ".join(unknown))


def midnight(checks: Checks) -> None:
    """What the table of docs/running.md says that one sees is what the server says."""
    table = re.search(r"^## At midnight$(.*?)^## ", (ROOT / "docs/running.md").read_text(), re.MULTILINE | re.DOTALL)[1]
    seen = [text for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for text in re.findall(r'"([^"]+)"', row)]
    # A text may go over several lines there.
    sources = [re.sub(r"\\\n\s*", "", file.read_text()) for file in (ROOT / "crates").glob("*/src/**/*.rs")]
    astray = [text for text in seen if not any(all(part.strip() in source for part in text.split("…")) for source in sources)]
    checks.said(f"midnight: the {len(seen)} messages in the table are in the source", len(seen) > 5 and not astray, "; ".join(astray))


def monitoring(checks: Checks, folder: Path) -> None:
    promtool = program("promtool", "prometheus")
    scraping = (DEPLOY / "monitoring/prometheus.yaml").read_text()
    # Debian's promtool cannot ask Kubernetes; the rest of that entry it understands.
    (folder / "prometheus.yaml").write_text(scraping.replace("kubernetes_sd_configs:\n      - role: pod", "static_configs: [{targets: [pod]}]"))
    (folder / "alerts.yaml").write_text((DEPLOY / "monitoring/alerts.yaml").read_text())
    checks.run("Prometheus: its configuration is understood", promtool, "check", "config", folder / "prometheus.yaml")
    jobs = [_job(entry) for entry in yaml.safe_load(scraping)["scrape_configs"]]
    checks.said("Prometheus: replicas get the job that alerts go by", set(jobs) == {"tiltyard"}, str(jobs))
    cases = yaml.safe_load((DEPLOY / "monitoring/alerts-test.yaml").read_text())["tests"]
    fired = " ".join(case["expr"] for test in cases for case in test["promql_expr_test"] if case["exp_samples"])
    alerts = [rule["alert"] for group in yaml.safe_load((DEPLOY / "monitoring/alerts.yaml").read_text())["groups"] for rule in group["rules"]]
    silent = [name for name in alerts if f'"{name}"' not in fired]
    checks.said(f"Prometheus: each of the {len(alerts)} alerts has a case in which it fires", not silent, str(silent))
    checks.run("Prometheus: the alerts are understood", promtool, "check", "rules", DEPLOY / "monitoring/alerts.yaml")
    checks.run("Prometheus: the alerts say what they should", promtool, "test", "rules", DEPLOY / "monitoring/alerts-test.yaml")
    dashboard = json.loads((DEPLOY / "monitoring/dashboard.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    whole = len(set(ids)) == len(ids) > 5 and len(set(places)) == len(places) and all(panel["targets"] for panel in dashboard["panels"])
    checks.said("Grafana: the dashboard is whole", whole)


def _job(entry: dict) -> str:
    relabelled = [rule["replacement"] for rule in entry.get("relabel_configs", []) if rule.get("target_label") == "job"]
    return [entry["job_name"], *relabelled][-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, required=True)
    parser.add_argument("--tools", metavar="FOLDER", type=Path, required=True, help="the environment of deploy/requirements.txt")
    options = parser.parse_args()
    checks = Checks(options.tools, options.tiltyard)
    with tempfile.TemporaryDirectory() as temporary:
        unit(checks, Path(temporary))
        nginx(checks, Path(temporary))
        kubernetes(checks, Path(temporary))
        monitoring(checks, Path(temporary))
    docker(checks)
    settings(checks)
    midnight(checks)
    print("the files are well" if not checks.failed else f"{checks.failed} WRONG")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
