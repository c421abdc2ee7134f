"""The plan prints what the counting code gives, and refuses what it cannot plan."""

import pytest

from roots_tf.models.gpt import GptConfig
from roots_tf.train.plan import main
from roots_tf.trends.training_plan import GPUS, Assumptions, plan_training


def test_it_plans_a_125_m_and_a_1_5_b_model_on_every_gpu(capsys):
    main([])

    printed = capsys.readouterr().out
    assert "GPT-2 small: 124,439,808 parameters" in printed
    assert "GPT-2 xl: 1,557,611,200 parameters" in printed
    plan = plan_training(GptConfig.xl(), 0, GPUS["H100"], Assumptions())
    row = next(line for line in printed.splitlines()[::-1] if "8 x H100" in line)
    assert f"{plan.flops:.3g}" in row and f"{plan.hours:,.1f}" in row
    assert "| 8 x T4 | none fits |" in printed


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--sizes", "huge"], "--sizes: expected some of small, medium, large, xl"),
        (["--gpus", "0"], "expected 1 GPU or more"),
        (["--utilization", "2"], "utilization over 0 and up to 1"),
    ],
)
def test_what_cannot_be_planned_ends_with_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ") and message in line
