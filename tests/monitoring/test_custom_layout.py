"""The groups of curves in the CUSTOM SCALARS tab."""

import re

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2

from roots_tf.evaluation import summary_metrics
from roots_tf.evaluation.retrieval_metrics import retrieval_scores
from roots_tf.monitoring.custom_layout import LAYOUT, write_layout
from roots_tf.monitoring.tensorboard import RunMonitor


def test_the_plugin_reads_back_the_groups_and_charts(tmp_path):
    with RunMonitor(tmp_path) as monitor:
        write_layout(monitor)

    events = EventAccumulator(str(tmp_path))
    events.Reload()
    (event,) = events.Tensors("custom_scalars__config__")
    layout = layout_pb2.Layout.FromString(event.tensor_proto.string_val[0])
    groups = {group.title: [c.title for c in group.chart] for group in layout.category}
    assert groups == {title: list(charts) for title, charts in LAYOUT.items()}


def test_each_curve_that_scripts_write_has_one_chart():
    measures = [*summary_metrics.METRICS, *retrieval_scores(np.array([1, 2])), "chrf"]
    patterns = [
        tag for charts in LAYOUT.values() for tags in charts.values() for tag in tags
    ]

    for tag in (
        "step/loss",
        "epoch/loss",
        "epoch/accuracy",
        "epoch/gap_accuracy",
        *(f"epoch/{name}" for name in measures),
        "step/learning_rate",
        "step/gradient_norm",
        "update_ratio/dense/kernel",
        "step/tokens_per_second",
        "step/words_per_second",
        "step/cells_per_second",
        "epoch/seconds",
        "system/cpu_percent",
        "system/rss_mb",
        "system/disk_mb_per_second",
        "gpu0/utilization_percent",
        "gpu1/tf_peak_mb",
        "gpu0/power_w",
        "gpu0/temperature_c",
    ):
        found = [pattern for pattern in patterns if re.fullmatch(pattern, tag)]
        assert len(found) == 1, tag
