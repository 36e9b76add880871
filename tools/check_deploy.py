"""Checks what lies in deploy/, and the profile `monitoring` of compose.yaml, against the program that they deploy.

    var/tools/venv/bin/python tools/check_deploy.py

Everything is parsed. Names of settings stand in config.default.toml, names of metrics in the sources, names of queues, ports
and objects stand for something that there is, and nothing secret is written down. Where `kubectl` is there, what it makes of
the kustomizations is checked; where `systemd-analyze` is there, how much a unit is exposed.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
ROLES = {"api", "worker", "scheduler", "dialog", "gateway"}
# Where a role listens: metrics and probes first.
LISTENS = {"api": ["API_LISTEN"], "gateway": ["METRICS_LISTEN", "WS_LISTEN"]}
# Who reads or writes files where they lie in a folder.
OF_FILES = {"api", "worker", "scheduler"}
# In tenths, as `systemd-analyze` takes it.
MAX_EXPOSURE = 15
DEFAULTS = tomllib.loads((ROOT / "config.default.toml").read_text())
SECRET = re.compile("PASSWORD|SECRET|TOKEN|_KEY|^AMQP_URL|^DATABASE_URL|^DB_URL")
# A family of settings that is read from files, and no secret itself.
NO_SECRET = re.compile("_FILE$|^JWT_PUBLIC_KEY$|^ACCESS_TOKEN_EXPIRE")

wrong = []


def check(is_right, what):
    if not is_right:
        wrong.append(what)


def is_setting(name):
    return name.lower() in DEFAULTS


def path(file):
    return file.relative_to(ROOT)


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document is not None]


# ── Kubernetes ─────────────────────────────────────────────────────────────────────────────────────────────────


def kustomized(folder):
    """What kubectl makes of a folder, else what is written in it and in those that it names."""
    if shutil.which("kubectl"):
        made = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
        check(made.returncode == 0, f"{path(folder)}: {made.stderr.strip()}")
        return documents(made.stdout)
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    found = []
    for name in kustomization["resources"]:
        resource = folder / name
        found += kustomized(resource.resolve()) if resource.is_dir() else documents(resource.read_text())
    return found


def check_kustomization(folder):
    objects = {(one["kind"], one["metadata"]["name"]): one for one in kustomized(folder)}
    where = path(folder)
    deployments = {name: one for (kind, name), one in objects.items() if kind == "Deployment"}
    check(set(deployments) == {f"chasqui-{role}" for role in ROLES}, f"{where}: deployments {sorted(deployments)}")
    check(not any(kind == "Secret" for kind, _ in objects), f"{where}: a secret is written down")
    for (kind, name), one in objects.items():
        for setting, value in one.get("data", {}).items() if kind == "ConfigMap" else []:
            check_setting(f"{where}: {name}", setting, value)
        if kind in ("PodDisruptionBudget", "Service"):
            selector = one["spec"]["selector"]
            check_selected(f"{where}: {kind} {name}", selector.get("matchLabels", selector), deployments)
        if kind == "Service":
            check_service(f"{where}: Service {name}", one, deployments)
        if kind == "ScaledObject":
            check_scaled(f"{where}: {name}", one, deployments, objects)
    check_files(where, deployments, objects)
    for name, deployment in deployments.items():
        check_deployment(f"{where}: {name}", name.removeprefix("chasqui-"), deployment, objects)
        check(("PodDisruptionBudget", name) in objects, f"{where}: {name} has no disruption budget")


def check_setting(where, name, value):
    check(is_setting(name), f"{where}: {name} is no setting")
    check(not SECRET.search(name) or NO_SECRET.search(name), f"{where}: {name} is written down: {value!r}")


def selected(selector, deployments):
    def labels(one):
        return one["spec"]["template"]["metadata"]["labels"]

    return [one for one in deployments.values() if selector.items() <= labels(one).items()]


def check_selected(where, selector, deployments):
    check(len(selected(selector, deployments)) == 1, f"{where}: selects {len(selected(selector, deployments))}")


def check_service(where, service, deployments):
    container = selected(service["spec"]["selector"], deployments)[0]["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"] for port in container["ports"]}
    for port in service["spec"]["ports"]:
        check(port["targetPort"] in ports, f"{where}: there is no port {port['targetPort']}")


def check_deployment(where, role, deployment, objects):
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]
    check(container["args"] == [role], f"{where}: runs {container['args']}")
    check(("ServiceAccount", pod["serviceAccountName"]) in objects, f"{where}: there is no such account")
    grace = DEFAULTS["worker_grace_seconds"]
    check(pod["terminationGracePeriodSeconds"] > grace, f"{where}: is killed before WORKER_GRACE_SECONDS are over")
    check(pod["enableServiceLinks"] is False, f"{where}: names of services would stand among the settings")
    check(pod["securityContext"]["runAsNonRoot"] is True, f"{where}: may be root")
    hardened = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    check(container["securityContext"] == hardened, f"{where}: {container['securityContext']}")
    check("memory" in container["resources"]["limits"], f"{where}: has no limit of memory")
    settings = {one["name"]: one.get("value") for one in container["env"]}
    for name, value in settings.items():
        check_setting(where, name, value)
    listens = [int(settings[name].rpartition(":")[2]) for name in LISTENS.get(role, ["METRICS_LISTEN"])]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    check(list(ports.values()) == listens, f"{where}: listens at {listens}, and has the ports {ports}")
    scraped = deployment["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"]
    check(scraped == str(listens[0]), f"{where}: is scraped at {scraped}")
    for probe, asked in (("startup", "live"), ("liveness", "live"), ("readiness", "ready")):
        get = container[f"{probe}Probe"]["httpGet"]
        check(get["path"] == f"/health/{asked}" and get["port"] in ports, f"{where}: the {probe} probe asks {get}")
    for source in container["envFrom"]:
        reference = source.get("configMapRef")
        check(reference is None or ("ConfigMap", reference["name"]) in objects, f"{where}: there is no {reference}")


def check_files(where, deployments, objects):
    """What comes in is written somewhere, and what lies in a folder is seen by all who need it, or by nobody."""
    folder = objects[("ConfigMap", "chasqui-settings")]["data"]["FILES_DIR"]
    mounted = {}
    for name, deployment in deployments.items():
        pod = deployment["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        for mount in pod["containers"][0].get("volumeMounts", []):
            volume = volumes.pop(mount["name"], None)
            check(volume is not None, f"{where}: {name} mounts {mount['name']}, which there is not")
            mounted[(name.removeprefix("chasqui-"), mount["mountPath"])] = volume or {}
        check(not volumes, f"{where}: {name} has volumes that it does not mount: {sorted(volumes)}")
    sharing = {role: volume for (role, path), volume in mounted.items() if path == folder}
    check(not sharing or set(sharing) == OF_FILES, f"{where}: only {sorted(sharing)} have {folder}")
    for role, volume in sharing.items():
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        modes = objects.get(("PersistentVolumeClaim", claim), {}).get("spec", {}).get("accessModes")
        check(modes == ["ReadWriteMany"], f"{where}: {role} has {folder} in {volume}, which the others do not see")
    is_written = ("api", folder) in mounted or ("api", f"{folder}/incoming") in mounted
    check(is_written, f"{where}: the API has no place for files that come in")
    # A file moves from the one to the other.
    is_moved = not sharing or ("api", f"{folder}/incoming") not in mounted
    check(is_moved, f"{where}: files come in on another volume than that on which they lie")


def check_scaled(where, scaled, deployments, objects):
    spec = scaled["spec"]
    target = spec["scaleTargetRef"]["name"]
    check(target in deployments, f"{where}: there is no deployment {target}")
    if shutil.which("kubectl"):
        check("replicas" not in deployments[target]["spec"], f"{where}: two say how many {target} there are")
    check(spec["minReplicaCount"] >= 1, f"{where}: nobody would wait for what is urgent")
    stem = DEFAULTS["amqp_queue"]
    queues = {trigger["metadata"]["queueName"] for trigger in spec["triggers"]}
    check(queues == {stem, f"{stem}.urgent", f"{stem}.bulk"}, f"{where}: looks at {sorted(queues)}")
    for trigger in spec["triggers"]:
        metadata = trigger["metadata"]
        # By `amqp` only what is ready is counted, and what workers have in hand is not.
        counted = (trigger["type"], metadata["protocol"], metadata["mode"])
        check(counted == ("rabbitmq", "http", "QueueLength"), f"{where}: counts by {counted}")
        check(all(isinstance(value, str) for value in metadata.values()), f"{where}: metadata are texts")
        check("host" not in metadata, f"{where}: a password is written down")
        account = ("TriggerAuthentication", trigger["authenticationRef"]["name"])
        check(account in objects, f"{where}: there is no {account}")


# ── systemd ────────────────────────────────────────────────────────────────────────────────────────────────────


def check_unit(file):
    where, text = path(file), file.read_text()
    lines = [line.split("=", 1) for line in text.splitlines() if re.match("[A-Za-z]+=", line)]
    values = {}
    for name, value in lines:
        values.setdefault(name, []).append(value)
    for setting in (value.split("=", 1)[0] for value in values.get("Environment", [])):
        check_setting(where, setting, "")
    for name in set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)):
        # Names of capabilities and address families are systemd's.
        check(is_setting(name) or re.match("CAP_|AF_", name), f"{where}: {name} is no setting")
    if file.name == "chasqui@.service":
        stop = int(values["TimeoutStopSec"][0])
        check(stop > DEFAULTS["worker_grace_seconds"], f"{where}: is killed before WORKER_GRACE_SECONDS are over")
    if file.suffix == ".timer":
        check(file.with_suffix(".service").exists(), f"{where}: calls nothing")
    elif shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MAX_EXPOSURE}", "--no-pager", file]
        exposed = subprocess.run(command, capture_output=True, text=True)
        said = (exposed.stdout + exposed.stderr).strip().splitlines()
        check(exposed.returncode == 0, f"{where}: {said[-1] if said else 'systemd-analyze says nothing'}")


# ── Monitoring ─────────────────────────────────────────────────────────────────────────────────────────────────


def known_metrics():
    sources = (file.read_text() for file in ROOT.glob("*/src/**/*.rs"))
    names = {name for text in sources for name in re.findall(r'"(chasqui_[a-z_]+)"', text)}
    return names | {f"{name}{part}" for name in names for part in ("_bucket", "_sum", "_count")}


def check_metrics(file, known):
    # What has a colon beside it is a rule's.
    for name in set(re.findall(r"(?<![:\w])chasqui_[a-z_]+(?![:\w])", file.read_text())):
        check(name in known, f"{path(file)}: there is no metric {name}")


def check_monitoring():
    known = known_metrics()
    for file in DEPLOY.glob("**/*.json"):
        json.loads(file.read_text())
        check_metrics(file, known)
    rules = sorted((DEPLOY / "prometheus/rules").glob("*.yml"))
    for file in rules:
        check_metrics(file, known)
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services = compose["services"]
    for name in ("prometheus", "grafana"):
        check(services[name]["profiles"] == ["monitoring"], f"compose.yaml: {name} is not of the profile")
        for volume in services[name]["volumes"]:
            source = volume.split(":")[0]
            is_there = (ROOT / source).exists() if source.startswith("./") else source in compose["volumes"]
            check(is_there, f"compose.yaml: {name} mounts {source}, which there is not")
    prometheus = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    found = {rule for pattern in prometheus["rule_files"] for rule in (DEPLOY / "prometheus").glob(pattern)}
    check(found == set(rules) and rules, f"prometheus.yml: reads the rules {sorted(map(str, found))}")
    scraped = {}
    for job in prometheus["scrape_configs"]:
        targets = [target for config in job.get("static_configs", []) for target in config["targets"]]
        targets += [f"{config['names'][0]}:{config['port']}" for config in job.get("dns_sd_configs", [])]
        scraped.update(target.rsplit(":", 1) for target in targets)
    for role in ROLES:
        environment = services[role]["environment"]
        listen = environment.get("API_LISTEN" if role == "api" else "METRICS_LISTEN", "")
        port = listen.rpartition(":")[2]
        check(scraped.get(role) == port, f"prometheus.yml: {role} is scraped at {scraped.get(role)}, and is at {port}")
    plugins = (ROOT / "rabbitmq/enabled_plugins").read_text()
    is_there = scraped.get("rabbitmq") == "15692" and "rabbitmq_prometheus" in plugins
    check(is_there, "prometheus.yml: the broker is to be scraped at 15692, by its plugin rabbitmq_prometheus")


def main():
    for file in sorted(DEPLOY.glob("**/*.y*ml")):
        try:
            documents(file.read_text())
        except yaml.YAMLError as error:
            wrong.append(f"{path(file)}: {error}")
    if not wrong:
        # Without kubectl nobody makes the patches of the others.
        for folder in ("base", "keda", "files") if shutil.which("kubectl") else ("base", "keda"):
            check_kustomization(DEPLOY / "kustomize" / folder)
        for file in sorted((DEPLOY / "systemd").iterdir()):
            check_unit(file)
        check_monitoring()
    version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
    tags = yaml.safe_load((DEPLOY / "kustomize/base/kustomization.yaml").read_text())["images"]
    check([one["newTag"] for one in tags] == [version], f"kustomization.yaml: the image is {tags}, we are {version}")
    for what in wrong:
        print(f"deploy: {what}", file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
