"""A real TensorBoard, asked over HTTP whether every plugin lists the run."""

import html
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import numpy as np
import pytest

RUN = "运行 1"
PLUGINS = "/data/plugin"


@pytest.fixture(scope="module")
def get(log_dir, tmp_path_factory):
    """Asks TensorBoard; starts it before the first question, stops it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = f"-m tensorboard.main --logdir . --host 127.0.0.1 --port {port}"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=log_dir,
            env={**os.environ, "no_proxy": "127.0.0.1"},
            stdout=output,
            stderr=output,
        )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(path, body=None, **query):
        url = f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers)
        with opener.open(request, timeout=30) as reply:
            content = reply.read()
            is_json = reply.headers.get_content_type() == "application/json"
        return json.loads(content) if is_json else content

    def runs():
        try:
            return ask("/data/runs")
        except (urllib.error.URLError, ConnectionError):
            return []

    try:
        limit = time.monotonic() + 90
        # The data of a run can come in after its name: wait for the last thing written.
        while RUN not in runs() or RUN not in ask(f"{PLUGINS}/scalars/tags"):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
        yield ask
    finally:
        server.terminate()
        server.wait()


def test_every_part_of_the_run_is_listed(get):
    assert set(get("/data/runs")) == {
        RUN,
        f"{RUN}/train",
        f"{RUN}/validation",
        f"{RUN}/projector",
    }


def test_scalars_lists_the_curves_with_their_points(get):
    tags = get(f"{PLUGINS}/scalars/tags")

    assert "step/loss" in tags[f"{RUN}/train"]
    assert "epoch/loss" in tags[f"{RUN}/train"]
    assert set(tags[f"{RUN}/validation"]) == {"epoch/loss", "epoch/accuracy"}
    curve = get(f"{PLUGINS}/scalars/scalars", run=f"{RUN}/validation", tag="epoch/loss")
    assert [point[1:] for point in curve] == [[1, 2.0], [2, 1.0]]


@pytest.mark.parametrize("plugin", ["histograms", "distributions"])
def test_histograms_and_distributions_list_weights_and_gradients(
    get, plugin, classifier
):
    path = classifier.trainable_variables[-1].path

    tags = get(f"{PLUGINS}/{plugin}/tags")[f"{RUN}/train"]
    points = get(
        f"{PLUGINS}/{plugin}/{plugin}", run=f"{RUN}/train", tag=f"gradient/{path}"
    )

    paths = [variable.path for variable in classifier.trainable_variables]
    assert set(tags) == {*paths, f"gradient/{path}"}
    assert [point[1] for point in points] == [1, 2]


def test_text_shows_the_samples_without_their_markup(get):
    path = f"{PLUGINS}/text/text"

    (first, _) = get(path, run=f"{RUN}/validation", tag="samples")

    cells = re.findall("<td>(.*?)</td>", first["text"], re.DOTALL)
    shown = [html.unescape(cell) for cell in cells]
    assert shown[4::5][:3] == ["<b>not bad</b>", "a | b", "很差"]


def test_images_shows_the_confusion_matrix(get):
    path = f"{PLUGINS}/images"
    query = {"run": f"{RUN}/validation", "tag": "confusion_matrix", "sample": 0}

    tags = get(f"{path}/tags")[f"{RUN}/validation"]
    images = get(f"{path}/images", **query)
    place = dict(urllib.parse.parse_qsl(images[0]["query"]))
    picture = get(f"{path}/individualImage", **place)

    assert "confusion_matrix" in tags
    assert [image["step"] for image in images] == [1, 2]
    assert picture.startswith(b"\x89PNG")


def test_pr_curves_has_a_curve_per_class(get, samples):
    path = f"{PLUGINS}/pr_curves"
    tag = "pr_curve/negative/pr_curves"

    tags = get(f"{path}/tags")[f"{RUN}/validation"]
    curves = get(f"{path}/pr_curves", run=f"{RUN}/validation", tag=tag)

    assert set(tags) == {f"pr_curve/{name}/pr_curves" for name in samples.label_names}
    last = curves[f"{RUN}/validation"][-1]
    assert last["step"] == 2
    assert last["true_positives"][0] == 2  # both negative texts at threshold 0
    assert last["recall"][0] == 1.0


def test_graphs_shows_the_operations_of_the_layers(get):
    info = get(f"{PLUGINS}/graphs/info")

    assert info[f"{RUN}/train"]["run_graph"] is True
    graph = get(f"{PLUGINS}/graphs/graph", run=f"{RUN}/train").decode()
    assert "reader" in graph
    assert 'op: "MatMul"' in graph


def test_projector_gives_tensor_bytes_and_metadata(get, table):
    path, run = f"{PLUGINS}/projector", f"{RUN}/projector"

    assert run in get(f"{path}/runs")
    (embedding,) = get(f"{path}/info", run=run)["embeddings"]
    assert embedding["tensorShape"] == [4, 3]
    data = get(f"{path}/tensor", run=run, name=embedding["tensorName"])
    np.testing.assert_array_equal(
        np.frombuffer(data, "<f4").reshape(4, 3), table.vectors
    )
    metadata = get(f"{path}/metadata", run=run, name=embedding["tensorName"])
    assert metadata.decode().splitlines() == [
        "word\tfrequency",
        "的\t9",
        "tab\\there\t8",
        "''\t7",
        "word\t6",
    ]


def test_hparams_shows_the_run_with_its_options_and_final_metrics(get):
    question = {
        "experimentName": "",
        "colParams": [],
        "allowedStatuses": ["STATUS_SUCCESS"],
        "startIndex": 0,
        "sliceSize": 10,
    }

    reply = get(f"{PLUGINS}/hparams/session_groups", body=question)

    (group,) = reply["sessionGroups"]
    assert group["hparams"] == {
        "seed": 7,
        "rate": 0.5,
        "mask": True,
        "pooling": "last",
        "warm": "None",
    }
    values = {
        (metric["name"]["group"], metric["name"]["tag"]): metric["value"]
        for metric in group["metricValues"]
    }
    assert values == {
        ("validation", "epoch/accuracy"): 0.5,
        ("", "final/accuracy"): 0.75,
    }
