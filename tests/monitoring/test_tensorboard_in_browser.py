"""What a reader sees: TensorBoard in a real browser, on real runs of the scripts.

Needs Chromium and the package playwright, which drives it (extra `parity`).
"""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

pytestmark = pytest.mark.parity
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
SCRIPTS = {
    "classifier": "--data reviews_zh --epochs 2",
    "word2vec": "--data {text} --epochs 1 --dim 16 --min-count 1 --threads 1",
    "gpt": "--data {text} --tokenizer characters --epochs 1 --batches 25 --context 16 "
    "--hidden-size 16 --num-layers 1 --num-heads 2",
}


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def addresses(browser, tmp_path_factory):
    """Runs each script for a moment, and shows it in a TensorBoard of its own."""
    folder = tmp_path_factory.mktemp("runs")
    text = folder / "text.txt"
    text.write_text("the cat sat on the mat and saw a dog . 猫 坐 在 这里 。\n" * 400)
    urls, servers = {}, []
    try:
        for script, words in SCRIPTS.items():
            command = [sys.executable, "-m", f"roots_tf.train.{script}", "--log-dir"]
            command += [str(folder), *words.format(text=text).split()]
            ran = subprocess.run(command, capture_output=True, text=True)
            assert ran.returncode == 0, ran.stderr[-2000:]
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = str(free.getsockname()[1])
            command = [sys.executable, "-m", "tensorboard.main", "--port", port]
            command += ["--host", "127.0.0.1", "--logdir", str(folder / script)]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            servers.append(subprocess.Popen(command, **quiet))
            urls[script] = f"http://127.0.0.1:{port}/"
        limit = time.monotonic() + 180
        while not all(_answers(url + "data/runs") for url in urls.values()):
            assert time.monotonic() < limit
            time.sleep(0.5)
        yield urls
    finally:
        for server in servers:
            server.kill()
            server.wait()


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return b"train" in reply.read()  # the runs are read, too
    except OSError:
        return False


# Script, tab -> what must be seen there; Playwright looks into shadow roots.
STORY = ["text=What to look at first"]
GROUPS = ["text=Learning: does it get better?", "text=/Matches \\([1-9]/"]
SEEN = {
    ("classifier", "timeseries"): ["text=epoch", "card-view"],
    ("classifier", "scalars"): ["text=epoch/accuracy"],
    ("classifier", "custom_scalars"): GROUPS,
    ("classifier", "images"): ["text=confusion_matrix", "tf-image-loader img"],
    ("classifier", "graphs"): ["tf-graph-scene g.node"],
    ("classifier", "distributions"): ["text=gradient", "vz-distribution-chart svg"],
    ("classifier", "histograms"): ["text=gradient"],
    ("classifier", "text"): [*STORY, "text=/parameters, of which/"],
    ("classifier", "pr_curves"): ["text=/pr_curve/"],
    ("classifier", "hparams"): ["text=/final.accuracy/"],
    ("classifier", "projector"): ["text=/Total variance described: [0-9]/"],
    ("word2vec", "custom_scalars"): GROUPS,
    ("word2vec", "text"): STORY,
    ("gpt", "scalars"): ["text=epoch/loss"],
    ("gpt", "custom_scalars"): GROUPS,
    ("gpt", "histograms"): ["text=gradient"],
    ("gpt", "text"): STORY,
}


@pytest.mark.parametrize(("script", "tab"), SEEN)
def test_each_tab_shows_the_data_of_a_run_and_no_error(browser, addresses, script, tab):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda line: errors.append(line.text) if line.type == "error" else None,
    )

    page.goto(f"{addresses[script]}#{tab}")
    place = page
    if tab == "projector":  # in a frame of its own, within that of the plugin
        place = page.frame_locator("iframe").frame_locator("iframe")
    for selector in SEEN[script, tab]:
        place.locator(selector).first.wait_for(state="attached", timeout=60_000)

    page.close()
    assert not errors
