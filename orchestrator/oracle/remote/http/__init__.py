"""How requests reach a service over HTTP, and again where they got no answer."""
