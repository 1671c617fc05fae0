"""Programs for earlier versions of Python, NumPy, Keras, TensorFlow 1 and scikit-learn, read as they were meant."""
