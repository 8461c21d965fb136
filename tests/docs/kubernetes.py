# SPDX-License-Identifier: MIT
"""Does the Kubernetes example hold together? Its files against Kubernetes' own schemas, strictly and in every version that
there are schemas for; its names against each other; its configuration, probes, metric and preStop on a real host.

usage: kubernetes.py PATCHBAY PLUGIN_DIRECTORY EXAMPLE_DIRECTORY"""
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator

import kubernetes_validate
import yaml
from kubernetes_validate import utils

LETTING_GO = 4  # seconds that a host takes at most after drain_timeout: docs/operating.md


def expect(holds: object, what: str) -> None:
    if not holds:
        raise SystemExit(f"not so: {what}")


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def judge_schemas(objects: list[dict]) -> None:
    versions = sorted({utils.major_minor(version) for version in utils.all_versions()},
                      key=lambda version: [int(part) for part in version.split(".")])
    expect(len(versions) > 5, "there are schemas")
    for version in versions:
        for thing in objects:
            try:
                kubernetes_validate.validate(thing, version, strict=True)
            except kubernetes_validate.ValidationError as wrong:
                raise SystemExit(f"{thing['kind']} {thing['metadata']['name']}, Kubernetes {version}: {wrong}") from wrong
    print(f"{len(objects)} objects are good for Kubernetes {versions[0]} to {versions[-1]}")


def one(objects: list[dict], kind: str, name: str) -> dict:
    found = [thing for thing in objects if (thing["kind"], thing["metadata"]["name"]) == (kind, name)]
    expect(len(found) == 1, f"there is one {kind} {name}")
    return found[0]


def judge_names(objects: list[dict], deployment: dict) -> None:
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    (container,) = template["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    selectors = [thing["spec"]["selector"] for thing in objects if "selector" in thing.get("spec", {})]
    expect(len(selectors) == 4, "a Deployment, two Services and a budget select pods")
    for selector in selectors:
        expect(selector.get("matchLabels", selector).items() <= labels, f"{selector} selects the pods")
    for thing in objects:
        for port in thing["spec"]["ports"] if thing["kind"] == "Service" else []:
            expect(port["targetPort"] in ports, f"the pods have a port {port['targetPort']}")
    expect(template["metadata"]["annotations"]["prometheus.io/port"] == str(ports["http"]), "Prometheus finds the port")
    volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
    expect({mount["name"] for mount in container["volumeMounts"]} == set(volumes), "each volume is mounted")
    expect(one(objects, "ConfigMap", volumes["config"]["configMap"]["name"]), "the configuration is there")


def seconds(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    expect(found, f"{pattern} is in {text}")
    return int(found.group(1))


def judge_patience(deployment: dict, toml: str) -> None:
    pod = deployment["spec"]["template"]["spec"]
    slept = seconds(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][-1], r"sleep (\d+)")
    drained = seconds(toml, r'drain_timeout = "(\d+)s"')
    expect(pod["terminationGracePeriodSeconds"] > slept + drained + LETTING_GO, "Kubernetes waits for the drain")


def environment_for(container: dict, scratch: str) -> dict[str, str]:
    given = {"LAYERCODE_WEBHOOK_SECRET": "whsec_of_a_test", "PATCHBAY_STORE": f"unix:{scratch}/redis.sock", "RUNTIME_DIRECTORY": scratch}
    expect({entry["name"] for entry in container["env"]} == set(given), "the container has what the configuration names")
    return {name: value for name, value in os.environ.items() if not name.startswith(("LAYERCODE_", "XDG_"))} | given


def here(toml: str, plugins: str) -> str:
    for written, ours in (('"0.0.0.0:8080"', '"127.0.0.1:0"'), ("/usr/local/lib/patchbay/plugins", plugins)):
        expect(written in toml, f"the configuration says {written}")
        toml = toml.replace(written, ours)
    return toml


@contextlib.contextmanager
def running(*command: object, **how: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([str(word) for word in command], text=True, stdout=subprocess.PIPE, **how) as process:
        try:
            yield process
        finally:
            process.terminate()
        expect(process.wait(timeout=30) == 0, f"{command[0]} ends well")


def judge_host(patchbay: str, plugins: str, deployment: dict, toml: str, metric: str) -> None:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    expect(container["args"] == ["serve", "--config", "/etc/patchbay/patchbay.toml"], "the container serves")
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o777)  # as an emptyDir is
        environment = environment_for(container, scratch)
        config = pathlib.Path(scratch) / "patchbay.toml"
        config.write_text(toml)
        subprocess.run([patchbay, "config", "check", config, "--secrets"], env=environment, check=True)
        config.write_text(here(toml, plugins))
        socket = environment["PATCHBAY_STORE"].removeprefix("unix:")
        with running("redis-server", "--port", 0, "--unixsocket", socket, "--save", "") as redis:
            expect(any("eady to accept connections" in line for line in redis.stdout), "Redis starts")
            with running(patchbay, "serve", "--config", config, env=environment, stderr=subprocess.DEVNULL) as host:
                found = re.search(r"http://\S+", host.stdout.readline())
                expect(found, "the host starts")
                judge_running(found.group(0), patchbay, environment, container, metric)


def judge_running(url: str, patchbay: str, environment: dict[str, str], container: dict, metric: str) -> None:
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        path = container[probe]["httpGet"]["path"]
        expect(get(url + path)[0] == 200, f"{path} is 200")
    numbers = get(url + "/metrics")[1]
    expect(re.search(rf"^{metric} \d+$", numbers, re.MULTILINE), f"{metric} is in {numbers}")
    script = container["lifecycle"]["preStop"]["exec"]["command"][-1]
    expect(script.startswith("patchbay drain;"), "preStop drains")
    # In its pod it is the only host; here other tests have theirs.
    door = f"{environment['RUNTIME_DIRECTORY']}/patchbay-{url.rstrip('/').rpartition(':')[2]}.sock"
    subprocess.run([patchbay, "drain", "--admin", door], env=environment, check=True, stdout=subprocess.DEVNULL)
    ready = container["readinessProbe"]["httpGet"]["path"]
    expect(get(url + ready)[0] == 503, "a host that drains is not ready")
    expect(get(url + container["livenessProbe"]["httpGet"]["path"])[0] == 200, "and alive all the same")


def main() -> None:
    patchbay, plugins, directory = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    objects = list(yaml.safe_load_all((directory / "patchbay.yaml").read_text()))
    judge_schemas(objects)
    scaler = one(objects, "HorizontalPodAutoscaler", "patchbay")
    target = scaler["spec"]["scaleTargetRef"]
    deployment = one(objects, target["kind"], target["name"])
    judge_names(objects, deployment)
    toml = one(objects, "ConfigMap", "patchbay")["data"]["patchbay.toml"]
    judge_patience(deployment, toml)
    (wanted,) = scaler["spec"]["metrics"]
    metric = wanted["pods"]["metric"]["name"]
    (rule,) = yaml.safe_load((directory / "prometheus-adapter.yaml").read_text())["rules"]["custom"]
    expect(rule["seriesQuery"].startswith(metric + "{"), "the adapter asks Prometheus for that metric")
    expect(re.fullmatch(rule["name"]["matches"], metric) and "as" not in rule["name"], "and gives it the autoscaler under its name")
    judge_host(patchbay, plugins, deployment, toml, metric)


if __name__ == "__main__":
    main()
