"""How the weights move: gradients, update rules and the training loop."""
