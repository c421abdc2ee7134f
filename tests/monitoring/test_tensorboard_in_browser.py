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
def address(browser, tmp_path_factory):
    """Runs each script for a moment, and shows all of them in one TensorBoard."""
    folder = tmp_path_factory.mktemp("runs")
    text = folder / "text.txt"
    text.write_text("the cat sat on the mat and saw a dog . 猫 坐 在 这里 。\n" * 400)
    for script, words in SCRIPTS.items():
        command = [sys.executable, "-m", f"roots_tf.train.{script}"]
        command += ["--log-dir", str(folder / "logs"), *words.format(text=text).split()]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr[-2000:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir"]
    command += [str(folder / "logs"), "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        limit = time.monotonic() + 120
        while not _answers(url + "data/runs"):
            assert time.monotonic() < limit and server.poll() is None
            time.sleep(0.5)
        yield url
    finally:
        server.kill()
        server.wait()


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return b"train" in reply.read()  # the runs are read, too
    except OSError:
        return False


# Tab -> what must be seen there; Playwright looks into shadow roots and frames.
SEEN = {
    "timeseries": ["text=epoch", "card-view"],
    "scalars": ["text=epoch/accuracy"],
    "custom_scalars": [
        "text=Learning: does it get better?",
        "text=/Matches \\([1-9]/",
    ],
    "images": ["text=confusion_matrix", "tf-image-loader img"],
    "graphs": ["tf-graph-scene g.node"],
    "distributions": ["text=gradient", "vz-distribution-chart svg"],
    "histograms": ["text=gradient"],
    "text": ["text=What to look at first", "text=/parameters, of which/"],
    "pr_curves": ["text=/pr_curve/"],
    "hparams": ["text=/final.accuracy/"],
    "projector": ["text=/Total variance described/"],
}


@pytest.mark.parametrize("tab", SEEN)
def test_each_tab_shows_the_data_of_the_runs_and_no_error(browser, address, tab):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda line: errors.append(line.text) if line.type == "error" else None,
    )

    page.goto(f"{address}#{tab}")
    for selector in SEEN[tab]:
        page.locator(selector).first.wait_for(state="attached", timeout=60_000)

    page.close()
    assert not errors
