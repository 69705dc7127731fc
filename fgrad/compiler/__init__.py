"""The compiler behind jit: passes over jaxprs, emission of NumPy source."""
