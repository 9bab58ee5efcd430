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
            self.assertLessEqual({"mem_limit", "cpus", "pids_limit"}, set(service), name)
            self.assertNotIn("container_name", service, name)
            self.assertNotIn("docker.sock", str(service.get("volumes", "")), name)

    def test_redis_writes_each_second_and_refuses_rather_than_forgets(self):
        own = (DEPLOY / "redis/start.sh").read_text()
        for command in [own, " ".join(Workspace().services()["redis"]["command"])]:
            for option in ["--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction"]:
                self.assertIn(option, command)

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
        self.assertIn('CMD ["coordinator", "health"]', (DEPLOY / "Dockerfile").read_text())
        for name in [*WORKERS, "model-orchestrator"]:
            self.assertNotIn("healthcheck", self.file["services"][name], name)

    def test_roles_are_set_after_the_schema_and_before_any_worker_and_each_has_its_password(self):
        roles = self.file["services"]["roles"]
        self.assertEqual(roles["command"], ["coordinator", "db", "roles"])
        self.assertEqual(roles["depends_on"], {"migrate": {"condition": "service_completed_successfully"}})
        given = {secret for secret in roles["secrets"] if isinstance(secret, str)}
        self.assertEqual(given, {f"{name}.database-password" for name in WORKERS})
        for name in WORKERS:
            self.assertEqual(
                self.file["services"][name]["depends_on"]["roles"], {"condition": "service_completed_successfully"}, name)

    def test_the_operators_command_starts_and_migrates_nothing(self):
        for services in [self.file["services"], Workspace().services()]:
            self.assertFalse(services["coordinator"]["depends_on"])

    def test_prometheus_scrapes_every_process(self):
        jobs = {job["job_name"] for job in load(DEPLOY / "prometheus/prometheus.yml")[0]["scrape_configs"]}
        self.assertEqual(jobs, {*WORKERS, "model-orchestrator"})

    def test_users_and_roles_are_those_of_the_services(self):
        acl = (DEPLOY / "redis/users.acl").read_text()
        self.assertEqual(set(re.findall("^user (\\S+)", acl, re.M)), {"default", "operator", *WORKERS})
        roles = (ROOT / "Services/Coordinator/Database/roles.sql").read_text()
        self.assertEqual(set(re.findall('"([a-z-]+)"', roles)), set(WORKERS))


class Running(unittest.TestCase):
    """`make logs` and `make down`, whatever it was that was started."""

    def ran(self, target: str, local: bool, containers: bool) -> tuple[int, list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            shutil.copy(ROOT / "Makefile", root / "Makefile")
            for path, text in [
                ("bin/coordinator", 'echo "coordinator $*"'), ("tail", 'echo "tail $*"'),
                ("compose", f'case "$*" in ps*) {"echo 1" if containers else ":"} ;; *) echo "compose $*" ;; esac'),
            ]:
                (root / path).parent.mkdir(exist_ok=True)
                (root / path).write_text(f"#!/bin/sh\n{text}\n")
                (root / path).chmod(0o755)
            if local:
                (root / ".run").mkdir()
                (root / ".run/up.json").write_text("{}")
            done = subprocess.run(
                ["make", "-s", target, "COMPOSE=./compose"], cwd=folder, capture_output=True, text=True,
                env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "MANAGED": ""})
            return done.returncode, done.stdout.splitlines()

    def test_down_ends_the_processes_and_the_containers_that_there_are(self):
        self.assertEqual(self.ran("down", local=True, containers=False), (0, ["coordinator down"]))
        self.assertEqual(self.ran("down", local=False, containers=True), (0, ["compose --profile * down"]))
        self.assertEqual(self.ran("down", local=True, containers=True), (0, ["coordinator down", "compose --profile * down"]))
        self.assertEqual(self.ran("down", local=False, containers=False), (0, ["nothing runs here"]))

    def test_logs_are_those_of_what_runs(self):
        self.assertEqual(self.ran("logs", local=True, containers=True), (0, ["tail -n 20 -F .run/logs/*.log"]))
        self.assertEqual(self.ran("logs", local=False, containers=True), (0, ["compose logs --tail 20 --follow"]))
        self.assertNotEqual(self.ran("logs", local=False, containers=False)[0], 0)


class Managed(unittest.TestCase):
    """PostgreSQL and Redis of others: deploy/compose.managed.yml on top of docker-compose.yml."""

    class Loader(yaml.SafeLoader):
        """Knows Compose's own tags, and takes what they stand before as it is."""

    for tag in ["!override", "!reset"]:
        Loader.add_constructor(tag, lambda loader, node: loader.construct_mapping(node, deep=True))
    services = yaml.load((DEPLOY / "compose.managed.yml").read_text(), Loader)["services"]

    def test_everything_that_asks_postgresql_verifies_it_and_reaches_it(self):
        for name in [*WORKERS, "migrate", "roles", "coordinator"]:
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

    def compose(self, has_feed: bool = True) -> dict:
        text = (self.templates / "node_compose.yml").read_text()
        text = text.replace("{{feed_service}}", (self.templates / "feed_service.yml").read_text() if has_feed else "")
        return yaml.safe_load(re.sub(r"\{\{(\w+)\}\}", r"\1", text))

    def services(self) -> dict:
        return self.compose()["services"]

    def test_every_worker_has_a_role_of_its_own_and_no_more_than_its_secrets(self):
        compose = self.compose()
        for name in WORKERS:
            secrets = compose["services"][name]["secrets"]
            self.assertEqual(secrets[0], {"source": f"{name}.database-url", "target": "database-url"}, name)
            self.assertEqual(secrets[1:], ["redis-url"] + (["api-key"] if name == "report-worker" else []), name)
        for name in ["migrate", "roles", "coordinator"]:
            self.assertEqual(
                compose["services"][name]["secrets"][0], {"source": "owner.database-url", "target": "database-url"}, name)
        roles = compose["services"]["roles"]
        self.assertEqual(roles["command"], ["coordinator", "db", "roles"])
        self.assertEqual(set(roles["secrets"][1:]), {f"{name}.database-password" for name in WORKERS})
        self.assertEqual(roles["depends_on"], {"migrate": {"condition": "service_completed_successfully"}})
        self.assertIn("roles", compose["services"]["score-worker"]["depends_on"])
        used = {s if isinstance(s, str) else s["source"]
                for service in compose["services"].values() for s in service.get("secrets", [])}
        self.assertEqual(used, set(compose["secrets"]))

    def test_histories_that_the_feed_worker_writes_are_served_by_the_report_worker(self):
        for has_feed in [True, False]:
            compose = self.compose(has_feed)
            self.assertIn("history", compose["volumes"])
            for name, mode in [("feed-data-worker", ""), ("report-worker", ":ro")]:
                if name not in compose["services"]:
                    continue
                service = compose["services"][name]
                folder = service["environment"]["BACKFILL_DATA_DIR"]
                self.assertIn(f"history:{folder}{mode}", service["volumes"], name)
                self.assertIn("./contract.yaml:/etc/node/contract.yaml:ro", service["volumes"], name)
                self.assertIn(f"{folder}\n", (DEPLOY / "Dockerfile").read_text(), "a new volume takes its owner from there")

    def test_make_verify_waits_until_a_checkpoint_may_have_come_and_says_when_it_does_not_wait_for_one(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(self.templates / "node_makefile", f"{folder}/Makefile")
            compose = Path(folder) / "compose"
            compose.write_text("#!/bin/sh\necho $*\n")
            compose.chmod(0o755)

            def verified(env: str) -> str:
                (Path(folder) / ".env").write_text(env)
                return subprocess.run(
                    ["make", "-s", "verify", "COMPOSE=./compose"], cwd=folder, capture_output=True, text=True,
                    check=True).stdout

            for pack in ["realtime", "trading", "tournament"]:
                env = (self.templates / f"{pack}_node.env").read_text()
                checkpoint = int(re.search(r"^CHECKPOINT_INTERVAL_SECONDS=(\d+)$", env, re.M)[1])
                schedules = yaml.safe_load(re.sub(
                    r"\{\{(\w+)\}\}", r"\1", (self.templates / f"{pack}_contract.yaml").read_text()))["schedules"]
                horizon = min((config["schedule"]["resolve_horizon_seconds"] for config in schedules), default=0)
                command = verified(env)
                # Asked a minute later at the latest, and what comes true is scored and sealed within three.
                self.assertGreater(int(re.search(r"--seconds (\d+)", command)[1]), checkpoint + horizon + 240, pack)
                self.assertNotIn("--skip", command)
            weekly = verified("CHECKPOINT_INTERVAL_SECONDS=604800\n")
            self.assertIn("--seconds 900 --skip checkpoint", weekly)

    def test_every_container_is_hardened_and_limited_and_only_the_report_api_has_a_port(self):
        for name, service in self.services().items():
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertLessEqual({"mem_limit", "cpus", "pids_limit"}, set(service), name)
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

    def test_deploying_without_the_images_says_in_a_sentence_how_to_make_them(self):
        with tempfile.TemporaryDirectory() as folder:
            makefile = (self.templates / "node_makefile").read_text().replace("{{make_images}}", "make images PYTHON=1")
            Path(folder, "Makefile").write_text(makefile)
            for name, text in [
                ("compose", 'case "$*" in "config --images") printf "redis:7\\ncoordinator-node-python:1\\n" ;; up*) echo up ;; esac'),
                ("docker", 'test "$*" = "image inspect coordinator-node-python:1" && test -e made'),
            ]:
                Path(folder, name).write_text(f"#!/bin/sh\n{text}\n")
                Path(folder, name).chmod(0o755)

            def deployed():
                return subprocess.run(
                    ["make", "-s", "deploy", "COMPOSE=./compose", "DOCKER=./docker"], cwd=folder, capture_output=True, text=True)

            refused = deployed()
            self.assertNotEqual(refused.returncode, 0)
            self.assertEqual(refused.stdout, "")
            self.assertRegex(refused.stderr, "coordinator-node-python:1 is not here: run make images PYTHON=1 in ")
            Path(folder, "made").touch()
            self.assertEqual((deployed().returncode, deployed().stdout), (0, "up\n"))

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
            self.assertEqual(set(secrets), {
                "postgres-password", "redis-password", "redis-url", "api-key", "owner.database-url",
                *(f"{name}.{kind}" for name in WORKERS for kind in ["database-password", "database-url"])})
            self.assertEqual(set(secrets), {Path(secret["file"]).name for secret in self.compose()["secrets"].values()})
            self.assertEqual(len(set(secrets.values())), len(secrets))
            for name in WORKERS:
                password = secrets[f"{name}.database-password"]
                self.assertEqual(
                    secrets[f"{name}.database-url"], f"postgres://{name}:{password}@postgres:5432/coordinator", name)
            self.assertEqual(deployed("a\nb\nc\n"), "3")
            self.assertEqual(deployed("a\nb\nc\n", SCORE_WORKERS="2"), "2")
            self.assertEqual({path.name: path.read_text() for path in (Path(folder) / ".secrets").iterdir()}, secrets)


class Composed(unittest.TestCase):
    """What Docker Compose itself makes of the files: one after another, variables and profiles filled in. Nothing is started."""

    @staticmethod
    def services(folder: Path, *words: str, **variables: str) -> dict[str, dict]:
        done = subprocess.run(
            ["docker-compose", *words, "config", "--format", "json"], cwd=folder, capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables})
        if done.returncode:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)["services"]

    def test_the_node_is_two_servers_two_steps_five_workers_and_models(self):
        self.assertEqual(
            set(self.services(ROOT)), {"postgres", "redis", "migrate", "roles", "model-orchestrator", *WORKERS})
        watched = self.services(ROOT, "--profile", "monitoring")
        self.assertEqual(set(watched) - set(self.services(ROOT)), {"prometheus", "grafana"})
        for service, folder in [("prometheus", "deploy/prometheus"), ("grafana", "deploy/grafana/dashboards")]:
            self.assertIn(str(ROOT / folder), {volume["source"] for volume in watched[service]["volumes"]})

    def test_another_version_exchanges_every_image_of_the_node_and_nothing_else(self):
        now, then = self.services(ROOT), self.services(ROOT, COORDINATOR_VERSION="9.9.9")
        for name in now:
            before, after = now[name].pop("image"), then[name].pop("image")
            if name not in ["postgres", "redis"]:
                self.assertEqual(after, before.replace(f":{version()}", ":9.9.9"), name)
                self.assertNotEqual(after, before, name)
        self.assertEqual(now, then)

    def test_a_worker_is_killed_only_after_its_drain_however_long_that_is(self):
        settings = (ROOT / "Shared/ServiceKit/Settings/ScoreSettings.swift").read_text()
        default, longest = map(int, re.search(r'"DRAIN_SECONDS", default: (\d+), in: 0\.\.\.(\d+)', settings).groups())

        def seconds(duration: str) -> float:
            minutes, rest = re.fullmatch(r"(?:(\d+)m)?([\d.]+)s", duration).groups()
            return 60 * int(minutes or 0) + float(rest)

        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "docker-compose.yml").write_text(json.dumps(Workspace().compose()))
            Path(folder, ".env").write_text("")
            for node in [ROOT, Path(folder)]:
                for variables, drain in [({}, default), ({"DRAIN_SECONDS": str(longest)}, longest)]:
                    services = self.services(node, **variables)
                    for name in WORKERS:
                        self.assertEqual(float(services[name]["environment"]["DRAIN_SECONDS"]), drain, name)
                        self.assertGreaterEqual(seconds(services[name]["stop_grace_period"]), drain + 20, name)

    def test_with_servers_of_others_none_is_started_and_nothing_waits_for_one(self):
        services = self.services(
            ROOT, "-f", "docker-compose.yml", "-f", "deploy/compose.managed.yml", POSTGRES_HOST="db.example.com",
            REDIS_TLS_HOST="redis.example.com")
        own = self.services(ROOT)
        self.assertEqual(set(own) - set(services), {"postgres"})
        tunnel = services["redis"]
        self.assertTrue(tunnel["image"].startswith("coordinator-node-tunnel:"))
        self.assertEqual(tunnel["environment"]["REDIS_TLS_HOST"], "redis.example.com")
        self.assertNotIn("secrets", tunnel)
        self.assertNotIn("command", {name for name, value in tunnel.items() if value})
        for name in [*WORKERS, "migrate", "roles"]:
            self.assertNotIn("postgres", services[name].get("depends_on") or {}, name)
            # What the node's own file gives it stays.
            self.assertLessEqual(own[name]["environment"].items(), services[name]["environment"].items(), name)
            targets = {volume["target"] for volume in services[name]["volumes"]}
            self.assertLessEqual({volume["target"] for volume in own[name]["volumes"]}, targets, name)
            self.assertIn(services[name]["environment"]["POSTGRES_SSLROOTCERT"], targets, name)
            self.assertEqual(services[name]["environment"]["POSTGRES_SSLMODE"], "verify-full", name)
            self.assertIn("outside", services[name]["networks"], name)

    def test_without_the_names_of_those_servers_it_is_refused_with_what_is_missing(self):
        with self.assertRaisesRegex(AssertionError, "the Redis with TLS, by the name in its certificate"):
            self.services(ROOT, "-f", "docker-compose.yml", "-f", "deploy/compose.managed.yml")

    def test_what_init_writes_is_a_node_too_with_a_feed_and_without(self):
        for has_feed in [True, False]:
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "docker-compose.yml").write_text(json.dumps(Workspace().compose(has_feed)))
                Path(folder, ".env").write_text("")
                expected = {"postgres", "redis", "migrate", "roles", "model-orchestrator", *WORKERS}
                self.assertEqual(set(self.services(Path(folder))), expected - (set() if has_feed else {"feed-data-worker"}))


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

    def test_everything_that_runs_has_the_contract_that_compose_has(self):
        """A contract that is not there would be the default one, in silence."""
        settings = self.of("ConfigMap")["coordinator-node"]["data"]
        contract = self.of("ConfigMap")["coordinator-contract"]["data"]
        self.assertEqual(contract, {"contract.yaml": (DEPLOY / "contract.example.yaml").read_text()})
        self.assertEqual(settings["CRUNCH_CONTRACT"], "/etc/coordinator/contract.yaml")
        pods = {name: d["spec"]["template"]["spec"] for name, d in self.of("Deployment").items() if name in WORKERS}
        self.assertEqual(set(pods), set(WORKERS))
        for name, pod in [*pods.items(), *((n, d["spec"]["template"]["spec"]) for n, d in self.of("Job").items())]:
            self.assertIn({"name": "contract", "configMap": {"name": "coordinator-contract"}}, pod["volumes"], name)
            for container in pod["containers"] + pod.get("initContainers", []):
                self.assertIn(
                    {"name": "contract", "mountPath": "/etc/coordinator", "readOnly": True}, container["volumeMounts"], name)
        for name, pod in pods.items():
            mount = {"name": "callables", "mountPath": settings["PYTHONPATH"], "readOnly": True}
            self.assertIn(mount, pod["containers"][0]["volumeMounts"], name)

    def test_the_schema_comes_first_and_then_the_roles(self):
        (job,) = self.of("Job").values()
        pod = job["spec"]["template"]["spec"]
        self.assertEqual([c["command"][:3] for c in pod["initContainers"]], [["coordinator", "db", "init"]])
        self.assertEqual([c["command"][:3] for c in pod["containers"]], [["coordinator", "db", "roles"]])

    def test_models_run_where_the_predict_worker_looks_for_them_and_reach_nothing(self):
        settings = self.of("ConfigMap")["coordinator-node"]["data"]
        service = self.of("Service")[settings["MODEL_RUNNER_NODE_HOST"]]["spec"]
        self.assertEqual((service["clusterIP"], service["ports"][0]["port"]), ("None", int(settings["MODEL_RUNNER_NODE_PORT"])))
        pod = self.of("Deployment")["model-orchestrator"]["spec"]["template"]
        self.assertEqual(service["selector"], {"app.kubernetes.io/name": pod["metadata"]["labels"]["app.kubernetes.io/name"]})
        variables = {v["name"]: v["value"] for v in pod["spec"]["containers"][0]["env"]}
        self.assertEqual(variables["MODEL_ADVERTISED_HOST"], settings["MODEL_RUNNER_NODE_HOST"])
        self.assertNotIn("secret", json.dumps(pod["spec"]["volumes"]))
        # What may go out of the workers' pods is not for those of the models.
        everybody = self.of("NetworkPolicy")["data"]["spec"]["podSelector"]["matchLabels"]
        self.assertFalse(set(everybody.items()) <= set(pod["metadata"]["labels"].items()))
        policy = self.of("NetworkPolicy")["model-orchestrator"]["spec"]
        self.assertEqual((policy["policyTypes"], policy.get("egress")), (["Ingress", "Egress"], None))

    def test_a_node_that_is_emptied_takes_one_of_each_service_at_a_time(self):
        for name in self.of("Deployment"):
            budget = self.of("PodDisruptionBudget")[name]["spec"]
            self.assertEqual(budget["maxUnavailable"], 1, name)
            self.assertEqual(budget["selector"]["matchLabels"], {"app.kubernetes.io/name": name})
        # Feeds go on meanwhile: another worker takes over.
        self.assertEqual(self.of("Deployment")["feed-data-worker"]["spec"]["replicas"], 2)

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
