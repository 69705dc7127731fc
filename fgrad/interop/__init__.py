"""fgrad for other libraries: import the module of the library's name."""
