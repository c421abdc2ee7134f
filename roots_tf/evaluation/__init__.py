"""How good a prediction is, by the definitions that the field publishes.

Article: §3.3.1, §4.3.1 (评估指标).
"""
