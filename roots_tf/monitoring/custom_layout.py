"""The CUSTOM SCALARS tab: the curves of a run in four groups, named.

Article: §7.2.2 (TensorBoard).
Source: TensorBoard, "Custom Scalars" plugin, layout.proto.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf
from tensorboard.plugins.custom_scalar import layout_pb2, summary

from roots_tf.monitoring.tensorboard import RunMonitor

# Group -> chart -> regular expressions of its tags.
LAYOUT: Mapping[str, Mapping[str, Sequence[str]]] = {
    "Learning: does it get better?": {
        "loss by step (nats)": ["step/loss"],
        "loss by epoch (nats): training and validation": ["epoch/loss"],
        "scores by epoch: training and validation": [
            r"epoch/(?!(loss|seconds)$).+"  # of each script its own
        ],
        "learning rate": ["step/learning_rate"],
    },
    "Health: does each weight move, and not too much?": {
        "length of the gradient": ["step/gradient_norm"],
        "change of each weight, as a share of it (about 0.001 is usual)": [
            "update_ratio/.*"
        ],
        "values that are not finite": ["not_finite/.*"],
    },
    "Speed": {
        "tokens or words a second": [r"step/(tokens|words)_per_second"],
        "examples or cells a second": [r"step/(examples|cells)_per_second"],
        "seconds an epoch": ["epoch/seconds"],
    },
    "Machine": {
        "processor and GPU use (%)": [
            "system/cpu_percent",
            r"gpu\d+/utilization_percent",
        ],
        "memory (MB)": [r"system/(rss|available)_mb", r"gpu\d+/.*_mb"],
        "power (W) and temperature (°C) of the GPU": [r"gpu\d+/(power|temperature).*"],
        "disk and network (MB/s)": [r"system/(disk|network)_mb_per_second"],
    },
}


def write_layout(monitor: RunMonitor, layout=LAYOUT) -> None:
    """Writes the layout of a run's curves; runs of one log folder share it."""
    categories = [
        layout_pb2.Category(
            title=title,
            chart=[
                layout_pb2.Chart(
                    title=name,
                    multiline=layout_pb2.MultilineChartContent(
                        tag=[f"^{tag}$" for tag in tags]
                    ),
                )
                for name, tags in charts.items()
            ],
        )
        for title, charts in layout.items()
    ]
    message = summary.pb(layout_pb2.Layout(category=categories))
    with monitor.writer("").as_default(step=0):
        tf.summary.experimental.write_raw_pb(message.SerializeToString())
