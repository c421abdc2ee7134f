"""The article "大规模语言模型从理论到实践 ROOTS", in Keras 3 on TensorFlow.

Article: §1.3; `python -m roots_tf.sections` leads from any section to its code.
"""

__version__ = "0.1.0"
