#!/usr/bin/env python3
"""Looks at every file that is handed out for running Tiltyard, with the tool that knows its format. No Docker and no Kubernetes are
needed, and none are started: Compose and Kubernetes files are held against their published schemas, and the Dockerfile is read by
a linter. What each check cannot see is said in docs/running.md.

    deploy/tests/files.py --tiltyard BINARY --tools FOLDER
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[1]
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


def program(name: str, package: str) -> str:
    """A program of the system; Debian's package is installed where it is missing."""
    places = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    if found := shutil.which(name, path=places):
        return found
    become = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"]
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        if subprocess.run([*become, *quiet, *arguments], stdout=sys.stderr).returncode:
            sys.exit(f"{name} is needed and could not be installed; install the package {package}")
    return shutil.which(name, path=places) or name


def unit(checks: Checks, folder: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    text = (DEPLOY / "systemd" / "tiltyard.service").read_text()
    copy = folder / "tiltyard.service"
    copy.write_text(text.replace("/usr/local/bin/tiltyard", str(checks.binary)))
    checks.run("systemd: the unit is understood", analyze, "verify", "--man=no", copy)
    checks.run(f"systemd: exposure at most {EXPOSURE_MAX}", analyze, "security", "--offline=true", f"--threshold={int(EXPOSURE_MAX * 10)}", copy)


def nginx(checks: Checks, folder: Path) -> None:
    server = program("nginx", "nginx")
    (folder / "tls").mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=registry.example.com",
         "-keyout", folder / "tls/registry.key", "-out", folder / "tls/registry.crt"], check=True, capture_output=True,
    )
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


def kubernetes(checks: Checks) -> None:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    listed = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    manifests = [file for file in files if file.name != "kustomization.yaml"]
    checks.said("Kubernetes: the kustomization names every manifest", sorted(listed) == [file.name for file in manifests], str(listed))
    for file in manifests:
        checks.run(f"Kubernetes: {file.name} keeps the schema of {KUBERNETES_VERSION}",
                   checks.tool("kubernetes-validate"), "--strict", "--version", KUBERNETES_VERSION, file)
    together = {document["kind"]: document for file in manifests for document in yaml.safe_load_all(file.read_text())}
    pod = together["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"].items()
    selectors = {
        "Deployment": together["Deployment"]["spec"]["selector"]["matchLabels"],
        "Service": together["Service"]["spec"]["selector"],
        "PodDisruptionBudget": together["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": together["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    astray = [kind for kind, selector in selectors.items() if not selector.items() <= labels]
    checks.said("Kubernetes: what selects pods selects ours", not astray, str(astray))
    container = pod["spec"]["containers"][0]
    named = container["envFrom"][0]["configMapRef"]["name"] == together["ConfigMap"]["metadata"]["name"]
    served = together["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == together["Service"]["metadata"]["name"]
    checks.said("Kubernetes: the manifests name each other rightly", named and served)


def settings(checks: Checks) -> None:
    """Each variable that a file sets is one that the server knows."""
    known = set(re.findall(r"`((?:MLFLOW|TILTYARD)_[A-Z_]+)`", subprocess.run([checks.binary, "settings-reference"], capture_output=True, text=True, check=True).stdout))
    unknown = []
    for file in (file for folder in ("systemd", "docker", "kubernetes") for file in (DEPLOY / folder).iterdir() if file.is_file()):
        unknown += [f"{file.name}: {name}" for name in re.findall(r"\b(?:MLFLOW|TILTYARD)_[A-Z_]+\b", file.read_text()) if name not in known]
    checks.said("settings: the files name only what the server knows", not unknown, ", ".join(unknown))


def monitoring(checks: Checks) -> None:
    promtool = program("promtool", "prometheus")
    checks.run("Prometheus: the alerts are understood", promtool, "check", "rules", DEPLOY / "monitoring/alerts.yaml")
    checks.run("Prometheus: the alerts say what they should", promtool, "test", "rules", DEPLOY / "monitoring/alerts-test.yaml")
    dashboard = json.loads((DEPLOY / "monitoring/dashboard.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    whole = len(set(ids)) == len(ids) > 5 and len(set(places)) == len(places) and all(panel["targets"] for panel in dashboard["panels"])
    checks.said("Grafana: the dashboard is whole", whole)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, required=True)
    parser.add_argument("--tools", metavar="FOLDER", type=Path, required=True, help="the environment of deploy/requirements.txt")
    options = parser.parse_args()
    checks = Checks(options.tools, options.tiltyard)
    with tempfile.TemporaryDirectory() as temporary:
        unit(checks, Path(temporary))
        nginx(checks, Path(temporary))
    docker(checks)
    kubernetes(checks)
    settings(checks)
    monitoring(checks)
    print("the files are well" if not checks.failed else f"{checks.failed} WRONG")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
