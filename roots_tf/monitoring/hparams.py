"""The run's options and results in TensorBoard's HPARAMS tab.

TensorBoard takes the declared columns from one run of a log folder and uses them for
all, so show runs of one script together, not a mixture.

Article: §3.3.2, §7.2.2.
Source: TensorBoard, "Hyperparameter Tuning with the HParams Dashboard".
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf
from tensorboard.plugins.hparams import api_pb2, summary

from roots_tf.monitoring.tensorboard import RunMonitor

_STATUS = {
    "finished": api_pb2.STATUS_SUCCESS,
    "failed": api_pb2.STATUS_FAILURE,
    "interrupted": api_pb2.STATUS_FAILURE,
}


def write_hparams(
    monitor: RunMonitor,
    hparams: Mapping[str, object],
    metrics: Sequence[tuple[str, str]],
) -> None:
    """Write the options of a run and the few curves to compare runs by.

    Each run is a row of its own, also when two have the same options.

    Args:
        monitor: The run.
        hparams: Option name -> bool, number or text; anything else is written as
            its `str`.
        metrics: (writer name, tag) of each curve, e.g. ("validation",
            "epoch/accuracy"), or ("", "final/accuracy") for a final metric.
    """
    values = {
        name: value if isinstance(value, (bool, int, float, str)) else str(value)
        for name, value in hparams.items()
    }
    columns = [
        api_pb2.HParamInfo(name=name, type=_data_type(value))
        for name, value in values.items()
    ]
    curves = [
        api_pb2.MetricInfo(name=api_pb2.MetricName(group=writer_name, tag=tag))
        for writer_name, tag in metrics
    ]
    _write(monitor, summary.experiment_pb(columns, curves))
    _write(monitor, summary.session_start_pb(values))


def write_final_metrics(
    monitor: RunMonitor, metrics: Mapping[str, float], status: str = "finished"
) -> None:
    """Write `final/<name>` and mark the run as ended.

    Args:
        monitor: The run.
        metrics: Name -> value, e.g. of the test split.
        status: "finished", "failed" or "interrupted".
    """
    values = {f"final/{name}": value for name, value in metrics.items()}
    monitor.scalars("", 0, values)
    _write(monitor, summary.session_end_pb(_STATUS[status]))


def _data_type(value) -> int:
    if isinstance(value, bool):
        return api_pb2.DATA_TYPE_BOOL
    if isinstance(value, (int, float)):
        return api_pb2.DATA_TYPE_FLOAT64
    return api_pb2.DATA_TYPE_STRING


def _write(monitor: RunMonitor, message) -> None:
    with monitor.writer("").as_default(step=0):
        tf.summary.experimental.write_raw_pb(message.SerializeToString())
    monitor.flush()
