"""Options and results of a run for the HParams tab."""

import pytest
from tensorboard.plugins.hparams import api_pb2, metadata

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.monitoring.hparams import write_final_metrics, write_hparams
from roots_tf.monitoring.tensorboard import RunMonitor


def plugin_data(events, tag):
    return events("").SummaryMetadata(tag).plugin_data.content


def test_options_are_written_by_name_with_their_type(events):
    start = metadata.parse_session_start_info_plugin_data(
        plugin_data(events, metadata.SESSION_START_INFO_TAG)
    )

    values = {name: value for name, value in start.hparams.items()}
    assert values["seed"].number_value == 7
    assert values["rate"].number_value == 0.5
    assert values["mask"].bool_value is True
    assert values["pooling"].string_value == "last"
    assert values["warm"].string_value == "None"
    assert start.group_name == ""  # a run is never merged with an equal one


def test_only_the_named_curves_are_declared(events):
    experiment = metadata.parse_experiment_plugin_data(
        plugin_data(events, metadata.EXPERIMENT_TAG)
    )

    types = {info.name: info.type for info in experiment.hparam_infos}
    assert types == {
        "seed": api_pb2.DATA_TYPE_FLOAT64,
        "rate": api_pb2.DATA_TYPE_FLOAT64,
        "mask": api_pb2.DATA_TYPE_BOOL,
        "pooling": api_pb2.DATA_TYPE_STRING,
        "warm": api_pb2.DATA_TYPE_STRING,
    }
    curves = [(info.name.group, info.name.tag) for info in experiment.metric_infos]
    assert curves == [("validation", "epoch/accuracy"), ("", "final/accuracy")]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("finished", api_pb2.STATUS_SUCCESS),
        ("failed", api_pb2.STATUS_FAILURE),
        ("interrupted", api_pb2.STATUS_FAILURE),
    ],
)
def test_end_of_a_run_holds_its_final_metrics_and_status(tmp_path, status, code):
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    with RunMonitor(tmp_path) as monitor:
        write_hparams(monitor, {"seed": 1}, [])
        write_final_metrics(monitor, {"accuracy": 0.5}, status)

    assert read_scalars(tmp_path) == {(".", "final/accuracy"): [(0, 0.5)]}
    events = EventAccumulator(str(tmp_path)).Reload()
    content = events.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
    assert metadata.parse_session_end_info_plugin_data(content).status == code
