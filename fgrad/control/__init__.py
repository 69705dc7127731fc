"""Control flow and rematerialisation: primitives whose params hold jaxprs."""
