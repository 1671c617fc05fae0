"""The same network computed several ways by Keras: under another backend, in another dtype, compiled or not."""
