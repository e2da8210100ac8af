"""Our own protocol: questions and replies as bytes, and a service that speaks it."""
