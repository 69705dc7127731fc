"""Neural networks: initializers of weights."""
