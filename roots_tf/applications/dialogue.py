"""Dialogue (对话系统): two agents that remember what was said, behind one method.

    agent = load_agent(folder)
    agent.reply(["How are you?", "Fine. And you?", "I am well."])  ->  the next turn

``dialogue_retrieval`` chooses the reply among those that people gave,
``dialogue_generation`` writes it. Neither knows anything but the turns it is given: the
memory of a dialogue is the list of its turns.

Article: §6 (5. 对话系统), §9.3.
"""

from pathlib import Path

from roots_tf.applications import dialogue_generation, dialogue_retrieval
from roots_tf.applications.dialogue_generation import GenerativeAgent
from roots_tf.applications.dialogue_retrieval import RetrievalAgent
from roots_tf.applications.model_folder import read_configuration

Agent = RetrievalAgent | GenerativeAgent

AGENTS = {
    dialogue_retrieval.TASK: RetrievalAgent,
    dialogue_generation.TASK: GenerativeAgent,
}


def load_agent(folder: str | Path) -> Agent:
    """Reads the model folder of either agent.

    Raises:
        ValueError: it is for another task, or damaged.
    """
    task = read_configuration(folder)["task"]
    if task not in AGENTS:
        raise ValueError(
            f"{folder}: expected a model for one of {', '.join(AGENTS)}, got {task!r}"
        )
    return AGENTS[task].load(folder)
