"""Whether the files of deploy/ keep together: make check-deploy. No servers."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SCALABLE = "score-worker"
WORKERS = ["feed-data-worker", "predict-worker", "score-worker", "checkpoint-worker", "report-worker"]
NAME = re.compile(r"\bcoordinator_[a-z_]+")


def load(path: Path):
    with open(path) as file:
        return list(yaml.safe_load_all(file))


def rules() -> list[dict]:
    return [rule for group in load(DEPLOY / "prometheus/rules.yml")[0]["groups"] for rule in group["rules"]]


def version() -> str:
    source = (ROOT / "Shared/ServiceKit/Lifecycle/ServiceMain.swift").read_text()
    return re.search(r'static let text = "(.*)"', source)[1]


def alerts() -> list[dict]:
    return [rule for rule in rules() if "alert" in rule]


def served() -> set[str]:
    """The metrics in the sources; histograms in all their series."""
    names = set()
    for folder in ["Shared", "Services"]:
        for source in (ROOT / folder).rglob("*.swift"):
            names |= set(re.findall(r'"(coordinator_[a-z_]+)"', source.read_text()))
    gauges = (ROOT / "Shared/ServiceKit/Metrics/BusGauges.swift").read_text()
    names |= {f"coordinator_{name}" for name in re.findall(r'"([a-z_]+)"', gauges)}
    return names | {name + end for name in names if name.endswith("_seconds") for end in ["_bucket", "_sum", "_count"]}


def queries() -> dict[str, str]:
    found = {rule.get("alert") or rule["record"]: rule["expr"] for rule in rules()}
    for path in (DEPLOY / "grafana/dashboards").glob("*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                found[f"{path.name}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


class Watching(unittest.TestCase):
    def test_every_query_names_metrics_that_the_node_serves(self):
        known = served()
        documented = set(NAME.findall((ROOT / "README.md").read_text()))
        for where, query in queries().items():
            for name in NAME.findall(query):
                self.assertIn(name, known, where)
                self.assertIn(re.sub(r"_(bucket|sum|count)$", "", name), documented, f"{where}: not in the README")

    def test_every_query_on_a_recorded_figure_names_a_rule(self):
        recorded = {rule["record"] for rule in rules() if "record" in rule}
        for where, query in queries().items():
            self.assertLessEqual(set(re.findall(r"\bcoordinator:[a-z_]+", query)), recorded, where)

    def test_every_alert_has_a_section_with_cause_check_and_remedy(self):
        sections = re.split(r"^### ", (DEPLOY / "RUNBOOK.md").read_text(), flags=re.M)[1:]
        texts = {section.split("\n", 1)[0].strip(): section for section in sections}
        self.assertEqual(set(texts), {rule["alert"] for rule in alerts()})
        for rule in alerts():
            self.assertEqual(rule["annotations"]["runbook"], f"deploy/RUNBOOK.md#{rule['alert'].lower()}")
            for part in ["**Cause**", "**Check**", "**Remedy**"]:
                self.assertIn(part, texts[rule["alert"]])

    def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not(self):
        fires, silent = set(), set()
        for case in load(DEPLOY / "prometheus/rules_test.yml")[0]["tests"]:
            for expected in case["alert_rule_test"]:
                (fires if expected["exp_alerts"] else silent).add(expected["alertname"])
        names = {rule["alert"] for rule in alerts()}
        self.assertEqual((fires, silent), (names, names))

    def test_prometheus_accepts_the_rules_and_their_tests_pass(self):
        promtool = shutil.which("promtool")
        self.assertTrue(promtool, "run this by make check-deploy, which gets promtool")
        for command in [["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]]:
            done = subprocess.run([promtool, *command], cwd=DEPLOY / "prometheus", capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Compose(unittest.TestCase):
    file = load(ROOT / "docker-compose.yml")[0]

    def test_every_container_is_hardened_and_limited(self):
        for name, service in self.file["services"].items():
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertIn("no-new-privileges:true", service["security_opt"], name)
            self.assertIn("mem_limit", service, name)
            self.assertNotIn("container_name", service, name)
            self.assertNotIn("docker.sock", str(service.get("volumes", "")), name)

    def test_what_scales_has_no_port_of_the_host(self):
        for name in self.file["services"]:
            if name not in ["report-worker", "grafana"]:
                self.assertNotIn("ports", self.file["services"][name], name)
        self.assertNotIn("ports", self.file["services"][SCALABLE])

    def test_no_secret_is_in_a_variable(self):
        for name, service in self.file["services"].items():
            for variable, value in service.get("environment", {}).items():
                if re.search("PASSWORD|API_KEY|_URL", variable):
                    self.assertRegex(str(value), "^/run/secrets/", f"{name}: {variable}")

    def test_every_worker_has_secrets_of_its_own_alone(self):
        for name in WORKERS:
            sources = [s["source"] for s in self.file["services"][name]["secrets"] if isinstance(s, dict)]
            self.assertEqual(sources, [f"{name}.database-url", f"{name}.redis-url"])

    def test_data_and_models_reach_nothing_outside_and_models_hold_no_secret(self):
        for network in ["data", "models"]:
            self.assertTrue(self.file["networks"][network]["internal"], network)
        self.assertEqual(self.file["services"]["predict-worker"]["networks"], ["data", "models"])
        self.assertEqual(self.file["services"]["model-orchestrator"]["networks"], ["models"])
        self.assertNotIn("secrets", self.file["services"]["model-orchestrator"])

    def test_models_are_announced_under_a_name_that_the_predict_worker_reaches(self):
        models = self.file["services"]["model-orchestrator"]
        self.assertEqual(models["environment"]["MODEL_ADVERTISED_HOST"], "model-orchestrator")
        self.assertTrue(set(models["networks"]) & set(self.file["services"]["predict-worker"]["networks"]))
        settings = (DEPLOY / "node.env.example").read_text()
        self.assertIn("MODEL_RUNNER_NODE_HOST=model-orchestrator\n", settings)

    def test_every_worker_reads_the_contract_and_its_functions_and_changes_neither(self):
        for name in [*WORKERS, "migrate", "coordinator"]:
            service = self.file["services"][name]
            self.assertEqual(service["environment"]["CRUNCH_CONTRACT"], "/etc/coordinator/contract.yaml", name)
            targets = [volume.rsplit(":", 2)[1:] for volume in service["volumes"]]
            self.assertIn(["/etc/coordinator/contract.yaml", "ro"], targets, name)
            self.assertIn(["/etc/coordinator/callables", "ro"], targets, name)

    def test_a_container_is_healthy_when_its_process_is_ready(self):
        self.assertIn('CMD ["healthcheck", "/readyz"]', (DEPLOY / "Dockerfile").read_text())

    def test_prometheus_scrapes_every_process(self):
        jobs = {job["job_name"] for job in load(DEPLOY / "prometheus/prometheus.yml")[0]["scrape_configs"]}
        self.assertEqual(jobs, {*WORKERS, "model-orchestrator"})

    def test_users_and_roles_are_those_of_the_services(self):
        acl = (DEPLOY / "redis/users.acl").read_text()
        self.assertEqual(set(re.findall("^user (\\S+)", acl, re.M)), {"default", "operator", *WORKERS})
        roles = (DEPLOY / "database/roles.sql").read_text()
        self.assertEqual(set(re.findall('"([a-z-]+)"', roles)), set(WORKERS))


class Managed(unittest.TestCase):
    """PostgreSQL and Redis of others: deploy/compose.managed.yml on top of docker-compose.yml."""

    class Loader(yaml.SafeLoader):
        """Knows Compose's own tags, and takes what they stand before as it is."""

    for tag in ["!override", "!reset"]:
        Loader.add_constructor(tag, lambda loader, node: loader.construct_mapping(node, deep=True))
    services = yaml.load((DEPLOY / "compose.managed.yml").read_text(), Loader)["services"]

    def test_everything_that_asks_postgresql_verifies_it_and_reaches_it(self):
        for name in [*WORKERS, "migrate", "coordinator"]:
            service = self.services[name]
            self.assertIn("verify-full", service["environment"]["POSTGRES_SSLMODE"], name)
            self.assertIn(f':{service["environment"]["POSTGRES_SSLROOTCERT"]}:ro', str(service["volumes"]), name)
            self.assertIn("outside", service["networks"], name)
            self.assertLessEqual(set(Compose.file["services"][name]["networks"]), set(service["networks"]), name)
        self.assertEqual(self.services["postgres"]["profiles"], ["never"])
        self.assertFalse(self.services["migrate"]["depends_on"])

    def test_the_tunnel_takes_the_place_of_redis_and_is_hardened(self):
        tunnel = self.services["redis"]
        self.assertTrue(tunnel["read_only"])
        self.assertEqual(tunnel["cap_drop"], ["ALL"])
        self.assertIn("mem_limit", tunnel)
        self.assertNotIn("ports", tunnel)
        self.assertEqual(tunnel["networks"], ["data", "outside"])
        self.assertIn(f'AS {tunnel["build"]["target"]}\n', (DEPLOY / "Dockerfile").read_text())

    def test_the_tunnel_verifies_whom_it_speaks_to(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "ca.pem").write_text("authority")
            Path(folder, "stunnel4").write_text("#!/bin/sh\n")
            Path(folder, "stunnel4").chmod(0o755)

            def settings(**variables: str) -> list[str]:
                environment = {"PATH": f"{folder}:{os.environ['PATH']}", "REDIS_TLS_CA": f"{folder}/ca.pem",
                               "TUNNEL_SETTINGS": f"{folder}/settings", **variables}
                subprocess.run(["sh", DEPLOY / "tunnel/start.sh"], env=environment, check=True)
                return Path(folder, "settings").read_text().splitlines()

            named = settings(REDIS_TLS_HOST="redis.example.com", REDIS_TLS_PORT="6380")
            for line in ["verifyChain = yes", "checkHost = redis.example.com", "connect = redis.example.com:6380",
                         f"CAfile = {folder}/ca.pem", "sslVersionMin = TLSv1.2"]:
                self.assertIn(line, named)
            self.assertIn("checkIP = 10.0.0.7", settings(REDIS_TLS_HOST="10.0.0.7"))
            own = settings(REDIS_TLS_HOST="r", REDIS_TLS_CERT="/c.pem", REDIS_TLS_KEY="/k.pem")
            self.assertEqual(own[-2:], ["cert = /c.pem", "key = /k.pem"])

    def test_secrets_of_others_servers_are_asked_for_and_lead_there(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "deploy").mkdir()
            shutil.copy(DEPLOY / "secrets.sh", f"{folder}/deploy/secrets.sh")
            environment = {**os.environ, "MANAGED": "1", "POSTGRES_HOST": "db.example.com", "POSTGRES_OWNER": "admin",
                           "REDIS_URL": "redis://all:secret@redis:6379/0"}
            script = [f"{folder}/deploy/secrets.sh"]
            self.assertEqual(subprocess.run(script, env=environment, capture_output=True).returncode, 1)
            Path(folder, ".deploy/postgres-password").write_text("theirs")
            subprocess.run(script, env=environment, check=True)
            made = {path.name: path.read_text() for path in Path(folder, ".deploy").iterdir()}
            self.assertEqual(made["owner.database-url"], "postgres://admin:theirs@db.example.com:5432/coordinator")
            self.assertIn("@db.example.com:5432/coordinator", made["score-worker.database-url"])
            self.assertEqual(made["score-worker.redis-url"], "redis://all:secret@redis:6379/0")


class Workspace(unittest.TestCase):
    """What `coordinator init` writes for a node."""

    templates = ROOT / "Services/Coordinator/Workspace/Templates"

    def services(self) -> dict:
        text = (self.templates / "node_compose.yml").read_text()
        text = text.replace("{{feed_service}}", (self.templates / "feed_service.yml").read_text())
        return yaml.safe_load(re.sub(r"\{\{(\w+)\}\}", r"\1", text))["services"]

    def test_every_container_is_hardened_and_limited_and_only_the_report_api_has_a_port(self):
        for name, service in self.services().items():
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertIn("mem_limit", service, name)
            self.assertNotIn("container_name", service, name)
            self.assertEqual("ports" in service, name == "report-worker", name)
            for variable, value in service.get("environment", {}).items():
                if re.search("PASSWORD|_URL", variable):
                    self.assertRegex(str(value), "^/run/secrets/", f"{name}: {variable}")

    def test_settings_that_all_containers_share_name_no_python_since_each_image_has_its_own(self):
        for path in self.templates.glob("*_node.env"):
            self.assertNotRegex(path.read_text(), "MODEL_PYTHON|PYTHONPATH", path.name)
        self.assertNotIn("PYTHONPATH", self.services()["model-orchestrator"]["environment"])
        self.assertEqual(self.services()["score-worker"]["environment"]["PYTHONPATH"], "/etc/node/callables")

    def test_deploying_again_keeps_the_number_of_score_workers_and_the_secrets(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(self.templates / "node_makefile", f"{folder}/Makefile")
            compose = Path(folder) / "compose"
            compose.write_text('#!/bin/sh\ncase "$*" in "ps "*) cat running ;; *) echo "$SCORE_WORKERS" ;; esac\n')
            compose.chmod(0o755)

            def deployed(running: str, **variables: str) -> str:
                (Path(folder) / "running").write_text(running)
                done = subprocess.run(
                    ["make", "-s", "deploy", "COMPOSE=./compose"], cwd=folder, capture_output=True, text=True, check=True,
                    env={**os.environ, **variables})
                return done.stdout.strip()

            self.assertEqual(deployed(""), "1")
            secrets = {path.name: path.read_text() for path in (Path(folder) / ".secrets").iterdir()}
            self.assertEqual(set(secrets), {"postgres-password", "redis-password", "database-url", "redis-url", "api-key"})
            self.assertIn(secrets["postgres-password"], secrets["database-url"])
            self.assertEqual(deployed("a\nb\nc\n"), "3")
            self.assertEqual(deployed("a\nb\nc\n", SCORE_WORKERS="2"), "2")
            self.assertEqual({path.name: path.read_text() for path in (Path(folder) / ".secrets").iterdir()}, secrets)


class Release(unittest.TestCase):
    @staticmethod
    def package(name, version, *dependencies):
        return {
            "identity": name, "name": name, "url": f"https://github.com/owner/{name}", "version": version,
            "dependencies": list(dependencies),
        }

    def tree(self):
        log = self.package("swift-log", "1.6.0")
        return self.package("node", "unspecified", self.package("swift-nio", "2.1.0", log), log)

    def assertValid(self, bill: str):
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator

        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(bill))

    def test_the_bill_of_materials_names_every_package_once_with_its_version_and_what_it_needs(self):
        done = subprocess.run(
            ["python3", "-B", DEPLOY / "sbom.py", "0.3.0", "6.3"], input=json.dumps(self.tree()), capture_output=True, text=True,
            check=True)
        self.assertValid(done.stdout)
        bill = json.loads(done.stdout)
        self.assertEqual(bill["metadata"]["component"]["version"], "0.3.0")
        own, packages = bill["components"][:2], bill["components"][2:]
        self.assertEqual([c["purl"] for c in packages], [
            "pkg:swift/github.com/owner/swift-log@1.6.0", "pkg:swift/github.com/owner/swift-nio@2.1.0"])
        self.assertEqual([c["name"] for c in own], ["swift-runtime", "uplot"])
        needs = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
        self.assertEqual(needs["pkg:swift/github.com/owner/swift-nio@2.1.0"], ["pkg:swift/github.com/owner/swift-log@1.6.0"])
        self.assertEqual(len(needs["node"]), 4)

    def test_an_archive_holds_what_a_deployment_needs_and_is_the_same_every_time(self):
        with tempfile.TemporaryDirectory() as folder:
            executables = Path(folder, "executables")
            executables.mkdir()
            for program in [*WORKERS, "coordinator", "model-orchestrator"]:
                shutil.copy("/bin/true", executables / program)
            swift = Path(folder, "swift")
            swift.write_text("#!/bin/sh\ncase $1 in --version) echo Swift version 6.3 x ;; *) cat <<'END'\n"
                             f"{json.dumps(self.tree())}\nEND\nesac\n")
            swift.chmod(0o755)
            sums = []
            for number in range(2):
                dist = Path(folder, str(number))
                environment = {**os.environ, "DIST": str(dist), "EXECUTABLES": str(executables),
                               "PATH": f"{folder}:{os.environ['PATH']}"}
                subprocess.run([DEPLOY / "dist.sh"], env=environment, check=True, capture_output=True)
                subprocess.run("sha256sum --check --strict *.sha256", shell=True, cwd=dist, check=True, capture_output=True)
                sums.append(next(dist.glob("*.sha256")).read_text())
            self.assertEqual(sums[0], sums[1])
            self.assertValid(next(dist.glob("*.sbom.json")).read_text())
            name = f"coordinator-node-{version()}-linux-{os.uname().machine}"
            shutil.unpack_archive(dist / f"{name}.tar.gz", folder, filter="data")
            root = Path(folder, name)
            for path in [*(f"bin/{p.name}" for p in executables.iterdir()), "Makefile", "docker-compose.yml", "CHANGELOG.md",
                         "deploy/Dockerfile", "deploy/RUNBOOK.md", "deploy/secrets.sh", "Tests/Examples/models/_base/tracker.py"]:
                self.assertTrue((root / path).is_file(), path)
            self.assertFalse((root / "deploy/node.env").exists())
            # What is deployed from an archive is made of its executables, and nothing is compiled.
            compose = Path(folder, "compose")
            compose.write_text('#!/bin/sh\ncase "$*" in *ps*) ;; *) echo "$COORDINATOR_BINARIES" ;; esac\n')
            compose.chmod(0o755)
            deployed = subprocess.run(
                ["make", "-s", "deploy", f"COMPOSE={compose}"], cwd=root, capture_output=True, text=True, check=True)
            self.assertEqual(deployed.stdout.split()[-1], "prebuilt")
            self.assertTrue((root / ".prebuilt/bin/score-worker").is_file())

    def test_there_is_one_version(self):
        for path in [ROOT / "docker-compose.yml", *DEPLOY.glob("*.yml"), *DEPLOY.glob("kubernetes/*.yaml")]:
            for image in re.findall(r"image: \S*coordinator-node\S*", path.read_text()):
                self.assertRegex(image, rf":(\$\{{COORDINATOR_VERSION:-)?{re.escape(version())}\}}?$", path.name)
        job = load(DEPLOY / "kubernetes/migrate.yaml")[0]["metadata"]["name"]
        self.assertEqual(job, "coordinator-migrate-" + version().replace(".", "-"))
        self.assertIn(f"## {version()}\n", (ROOT / "CHANGELOG.md").read_text())


class Kubernetes(unittest.TestCase):
    documents = [(path.name, document) for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for document in load(path)]

    def of(self, kind: str) -> dict[str, dict]:
        return {document["metadata"]["name"]: document for _, document in self.documents if document["kind"] == kind}

    def test_manifests_fit_the_schemas(self):
        import kubernetes_validate

        for name, document in self.documents:
            if document["apiVersion"].startswith(("keda.sh", "kustomize")):
                continue
            kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)

    def test_every_worker_is_hardened_and_probed(self):
        deployments = self.of("Deployment")
        self.assertLessEqual(set(WORKERS), set(deployments))
        for name, deployment in deployments.items():
            pod = deployment["spec"]["template"]["spec"]
            self.assertFalse(pod["automountServiceAccountToken"], name)
            self.assertTrue(pod["securityContext"]["runAsNonRoot"], name)
            self.assertGreater(pod["terminationGracePeriodSeconds"], 10, name)
            container = pod["containers"][0]
            self.assertEqual(container["securityContext"]["capabilities"]["drop"], ["ALL"], name)
            self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"], name)
            self.assertFalse(container["securityContext"]["allowPrivilegeEscalation"], name)
            self.assertIn("limits", container["resources"], name)
            if name == "redis-tunnel":
                continue  # no program of the node, so it has other probes
            self.assertEqual(container["livenessProbe"]["httpGet"]["path"], "/healthz", name)
            self.assertEqual(container["readinessProbe"]["httpGet"]["path"], "/readyz", name)

    def test_every_policy_and_budget_selects_a_deployment(self):
        labels = {d["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] for d in self.of("Deployment").values()}
        for kind, field in [("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")]:
            for name, document in self.of(kind).items():
                chosen = document["spec"][field].get("matchLabels", {}).get("app.kubernetes.io/name")
                if chosen:
                    self.assertIn(chosen, labels, f"{kind} {name}")

    def test_the_scaled_object_has_fields_that_keda_knows(self):
        """KEDA publishes no schema that a package carries: its fields by its documents, and what it hands to Kubernetes by the
        schema of that."""
        import kubernetes_validate

        known = {"scaleTargetRef", "pollingInterval", "cooldownPeriod", "initialCooldownPeriod", "idleReplicaCount",
                 "minReplicaCount", "maxReplicaCount", "fallback", "advanced", "triggers"}
        for scaled in self.of("ScaledObject").values():
            self.assertEqual(scaled["apiVersion"], "keda.sh/v1alpha1")
            spec = scaled["spec"]
            self.assertLessEqual(set(spec), known)
            self.assertLessEqual(spec["minReplicaCount"], spec["maxReplicaCount"])
            for trigger in spec["triggers"]:
                self.assertLessEqual(set(trigger), {"type", "name", "metadata", "metricType", "useCachedMetrics", "authenticationRef"})
                self.assertEqual(trigger["type"], "prometheus")
                self.assertIn(trigger.get("metricType", "AverageValue"), ["AverageValue", "Value"])
                self.assertLessEqual({"serverAddress", "query", "threshold"}, set(trigger["metadata"]))
                self.assertTrue(all(isinstance(value, str) for value in trigger["metadata"].values()))
            self.assertLessEqual(set(spec["advanced"]), {"restoreToOriginalReplicaCount", "horizontalPodAutoscalerConfig"})
            autoscaler = {
                "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": scaled["metadata"],
                "spec": {
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", **spec["scaleTargetRef"]},
                    "minReplicas": spec["minReplicaCount"], "maxReplicas": spec["maxReplicaCount"],
                    "behavior": spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"],
                },
            }
            kubernetes_validate.validate(autoscaler, kubernetes_validate.latest_version(), strict=True)

    def test_score_workers_scale_by_backlog_and_age_and_never_to_zero(self):
        spec = self.of("ScaledObject")[SCALABLE]["spec"]
        self.assertEqual(spec["scaleTargetRef"]["name"], SCALABLE)
        self.assertEqual(spec["minReplicaCount"], 1)
        asked = " ".join(trigger["metadata"]["query"] for trigger in spec["triggers"])
        self.assertIn("coordinator_backlog", asked)
        self.assertIn("coordinator_group_oldest_unread_seconds", asked)
        self.assertLessEqual(set(NAME.findall(asked)), served())


if __name__ == "__main__":
    unittest.main(verbosity=2)
