"""The transformations, each a walk over what was recorded."""
