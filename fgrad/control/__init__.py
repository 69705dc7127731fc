"""Control flow, rematerialisation and callbacks: primitives that call something."""
