"""Looks at the dashboard as people do: a real browser, a real report worker, a database with real rows. Every page at two
widths, light and dark, without complaints of the browser and of axe-core; by keyboard; without a script; what changes while
somebody looks; login and what it opens. Screenshots go to DASHBOARD_SHOTS (.run/dashboard), figures to the end of the output.

Wants TEST_DATABASE_URL and TEST_REDIS_URL (deploy/local-servers.sh --test), executables in BIN, AXE (axe.min.js).
"""

import glob
import os
import re
import sys
import tempfile
import time

from selenium.webdriver.common.keys import Keys

from browser import WIDTHS, Browser
from node import Node

shots = os.path.abspath(os.environ.get("DASHBOARD_SHOTS", ".run/dashboard"))
axe = open(os.environ["AXE"]).read()
PAGES = {
    "leaderboard": "/", "sorted": "/?sort=score_anchor&order=asc&hours=168", "model": "/models/model-11",
    "predictions": "/predictions?status=FAILED", "explain": "/explain?id=PRE_11_3", "feeds": "/feeds",
    "feed": "/feeds/binance/BTCUSDT/candle/1m", "pipeline": "/pipeline", "checkpoints": "/checkpoints",
    "dead-letters": "/dead-letters", "login": "/login", "missing": "/models/nobody",
}
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print(f"  FAIL {what}", flush=True)


def part(name):
    print(name, flush=True)


def look(browser, node, name, path, label):
    """A page by itself: what the browser and axe say of it, and a picture."""
    browser.open(node.url + path)
    has_chart = browser.all("[data-chart]")
    if has_chart:
        browser.wait(lambda: browser.all(".uplot canvas"), f"{name}: a chart is drawn")
    expected = 404 if name == "missing" else 200
    complaints = [text for text in browser.complaints() if not (expected == 404 and "404" in text)]
    check(not complaints, f"{label}: the browser complains: {complaints[:3]}")
    check(len(browser.all("h1")) == 1, f"{label}: one heading of the first level")
    check(browser.overflow() <= 0, f"{label}: wider than the window by {browser.overflow()} pixels")
    for violation in browser.violations(axe):
        check(False, f"{label}: {violation}")
    browser.shoot(os.path.join(shots, f"{label}.png"))


def pages(node):
    for dark in (False, True):
        for width in WIDTHS:
            browser = Browser(width, dark)
            for name, path in PAGES.items():
                look(browser, node, name, path, f"{name}-{width}{'-dark' if dark else ''}")
            browser.close()


def empty(node):
    part("pages of a node that has nothing yet")
    browser = Browser("wide")
    for name in ["leaderboard", "predictions", "feeds", "pipeline", "checkpoints", "dead-letters"]:
        look(browser, node, name, PAGES[name], f"empty-{name}")
    browser.open(node.url + "/")
    check("No ranking yet" in browser.text("main"), "an empty leaderboard says so")
    browser.close()


def without_script(node):
    part("pages without a script")
    browser = Browser("phone", script=False)
    browser.open(node.url + "/")
    rows = browser.all("tbody tr")
    check(len(rows) == 12, f"twelve models are listed without a script: {len(rows)}")
    check(rows and "sentiment <b>" in browser.text("table"), "a name is shown as it is, and is no markup")
    check(len(browser.all(".chart path.line")) == 5, "the chart is a picture of the server")
    browser.one("thead a[href*='score_steady']").click()
    check(browser.one("th[aria-sort]").text.startswith("Score Steady"), "columns sort by a link")
    for path in ["/predictions", "/feeds", "/checkpoints", "/pipeline"]:
        browser.open(node.url + path)
        check(browser.all("tbody tr, .stage"), f"{path} can be read without a script")
    browser.close()


def keyboard(node):
    part("by keyboard")
    browser = Browser("wide")
    browser.open(node.url + "/")

    def press(*keys):
        browser.driver.switch_to.active_element.send_keys(*keys)

    browser.one("body").send_keys(Keys.TAB)
    check(browser.driver.switch_to.active_element.text == "Skip to content", "the first stop skips the navigation")
    press(Keys.ENTER)
    check(browser.run("return document.activeElement.id") == "main", "and leads to the content")
    for _ in range(40):
        press(Keys.TAB)
        focused = browser.run(
            "const e = document.activeElement, s = getComputedStyle(e); return [e.textContent.trim(), s.outlineStyle, e.href || '']")
        check(focused[1] != "none", f"what has the focus shows it: {focused}")
        if "sort=name" in focused[2]:
            break
    press(Keys.ENTER)
    browser.wait(lambda: browser.one("th[aria-sort]").text.startswith("Model"), "sorted by name")
    check(browser.all("[data-board] tbody th")[0].text.startswith("breakout"), "a column is sorted by keyboard")
    browser.close()


def live(node):
    part("what changes while somebody looks")
    browser = Browser("wide")
    browser.open(node.url + "/")
    browser.wait(lambda: browser.text("[data-pulse]") == "live", "the page listens")
    before = browser.all("[data-board] tbody tr")[0].get_attribute("data-model")
    winner = "model-12" if before != "model-12" else "model-11"
    node.rank(winner)
    browser.wait(lambda: browser.all("[data-board] tbody tr")[0].get_attribute("data-model") == winner, "the ranking changes in place")
    check("contrarian" in browser.text("[data-leader]"), "so does the leader")
    browser.open(node.url + "/pipeline")
    check("no predict-worker runs" in browser.text("[data-stage='predict'] .why"), "a red part says why")
    check("What to do: start one" in browser.text("[data-stage='predict'] .why"), "and what to do")
    node.start("score-worker")
    browser.wait(
        lambda: "no score-worker runs" not in browser.text("[data-stage='score']"), "a part that is well again says so", 40)
    browser.close()


def login(node):
    part("login, and what it opens")
    browser = Browser("wide")
    browser.open(node.url + "/checkpoints/CKP_1")
    check("/login" in browser.driver.current_url, "emissions need a key, as for the API")
    browser.one("#key").send_keys("wrong", Keys.ENTER)
    browser.wait(lambda: browser.all("[role=alert]"), "a wrong key is refused")
    check(browser.run("return document.activeElement && document.cookie") == "", "no script reads a session")
    browser.complaints()
    browser.one("#key").send_keys("a-key-that-opens-everything", Keys.ENTER)
    browser.wait(lambda: browser.all(".steps"), "the right one leads on to the page")
    check("a-key" not in browser.driver.current_url, "the key is in no address")
    cookie = browser.driver.get_cookie("coordinator_session")
    check(cookie["httpOnly"] and cookie["sameSite"] == "Strict", f"the session is for no script and no other site: {cookie}")
    check("a-key" not in cookie["value"], "and is not the key")
    session = {"Cookie": f"coordinator_session={cookie['value']}", "Content-Type": "application/x-www-form-urlencoded"}
    forged = node.request("POST", "/checkpoints/CKP_1/confirm", "tx_hash=evil", session | {"Origin": "http://evil.example"})
    check(forged[0] in (401, 403), f"a form of another site changes nothing: {forged[0]}")
    bare = node.request("POST", "/checkpoints/CKP_1/confirm", "tx_hash=evil", session)
    check(bare[0] in (401, 403), f"nor does one that does not say where it is from: {bare[0]}")
    check(node.sql("SELECT status FROM checkpoints WHERE id = 'CKP_1'") == "PENDING", "really nothing")
    for width in WIDTHS:
        browser.resize(width)
        look(browser, node, "checkpoint", "/checkpoints/CKP_1", f"checkpoint-{width}")
    browser.resize("wide")
    browser.one("input[name=tx_hash]").send_keys("5xHash", Keys.ENTER)
    browser.wait(lambda: browser.text("[aria-current=step]") == "SUBMITTED", "an admin confirms")
    browser.one("form.act button").click()
    browser.wait(lambda: browser.text("[aria-current=step]") == "CLAIMABLE", "and moves it on")
    check(node.sql("SELECT actor FROM commands WHERE kind = 'checkpoint.confirm'") == "operator", "who did it is kept")

    browser.open(node.url + "/dead-letters")
    browser.one("form[action$='/1/replay'] button").click()
    browser.wait(lambda: "command=" in browser.driver.current_url, "a replay is asked for")
    browser.wait(
        lambda: (browser.driver.refresh(), "is replayed" in browser.text("[role=status].done"))[1],
        "and done by the score worker that leads", 40)
    check(node.sql("SELECT resolution FROM dead_letters WHERE id = 1") == "replayed", "the letter is resolved")
    look(browser, node, "dead-letters", "/dead-letters?all=1", "dead-letters-all")
    browser.all(".visitor button")[0].click()
    browser.wait(lambda: browser.all("a[href='/login']"), "the session ends")
    answer = node.request("GET", "/checkpoints/CKP_1", headers={"Cookie": session["Cookie"]})
    check(answer[0] == 303, f"also for who has kept its cookie: {answer[0]}")

    browser.open(node.url + "/login")
    browser.one("#key").send_keys("a-key-that-only-reads", Keys.ENTER)
    browser.wait(lambda: browser.all(".visitor button"), "a key that reads logs in")
    browser.open(node.url + "/dead-letters")
    check(not browser.all("form[action$='/replay']"), "and is offered no change")
    browser.open(node.url + "/checkpoints/CKP_2")
    check("403" in browser.text("main"), "what needs more is refused in words")
    browser.close()


def headers(node):
    part("what pages are sent with")
    for path in ["/", "/pipeline", "/login", "/models/nobody"]:
        _, sent, text = node.request("GET", path)
        policy = sent.get("content-security-policy", "")
        check("script-src 'self'" in policy and "unsafe" not in policy, f"{path}: {policy}")
        check("private" in sent["cache-control"] or "no-store" in sent["cache-control"] or path == "/login", f"{path}: {sent['cache-control']}")
        check(not re.search(r"<script(?![^>]*src=)|\son\w+=|style=|https?://(?!www\.w3\.org)", text), f"{path}: nothing inline, nothing from elsewhere")
    status, sent, _ = node.request("GET", "/nowhere", headers={"Accept": "text/html"})
    check(status == 404 and "text/html" in sent["content-type"], "a person who is lost gets a page")
    status, sent, text = node.request("GET", "/nowhere")
    check(status == 404 and text == '{"detail":"Not Found"}', "a program gets JSON")


def figures(node):
    browser = Browser("wide")
    paints = []
    for _ in range(5):
        browser.open(node.url + "/")
        browser.wait(lambda: browser.all(".uplot canvas"), "a chart is drawn")
        first = "return performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)"
        browser.wait(lambda: browser.run(first), "the browser says when it painted first")
        paints.append(browser.run(first)[0])
    browser.close()
    fresh = Browser("wide")
    fresh.open(node.url + "/")
    fresh.wait(lambda: fresh.all(".uplot canvas"), "a chart is drawn")
    sizes = fresh.run("""
      const all = [performance.getEntriesByType('navigation')[0], ...performance.getEntriesByType('resource')];
      return all.filter((e) => !e.name.endsWith('/reports/live')).map((e) => [e.name, e.encodedBodySize, e.decodedBodySize])""")
    fresh.close()
    sent, decoded = sum(size[1] for size in sizes), sum(size[2] for size in sizes)
    print(f"leaderboard page with charts: {decoded} bytes, {sent} sent; first paint {sorted(paints)[2]:.0f} ms "
          f"({min(paints):.0f} to {max(paints):.0f}) on loopback")
    check(0 < decoded <= 300_000, f"the leaderboard page has {decoded} bytes")


def main():
    os.makedirs(shots, exist_ok=True)
    for old in glob.glob(os.path.join(shots, "*.png")):
        os.remove(old)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder)
        try:
            empty(node)
            node.fill()
            part("every page at two widths, light and dark")
            pages(node)
            for step in (headers, without_script, keyboard, live, login, figures):
                step(node)
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}")
            raise
        finally:
            failures.extend(node.end())
            for failure in failures:
                print(f"check-dashboard: {failure}")
    print(f"check-dashboard: {len(failures)} failures, {time.monotonic() - start:.0f} s; screenshots in {shots}")
    sys.exit(1 if failures else 0)


main()
