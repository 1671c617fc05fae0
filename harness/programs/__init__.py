"""What any Keras model has: its units as one sees them, where it is loaded from, and what its weights say."""
