"""The primitives, a family in each file."""
