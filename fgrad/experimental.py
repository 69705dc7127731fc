"""What JAX has under this name, for programs that import it from there."""

from .control.callback import io_callback as io_callback

__all__ = ["io_callback"]
