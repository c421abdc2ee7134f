"""What a run writes down while it trains, and how it is read back.

Article: §7.2.2 (TensorBoard).
"""
