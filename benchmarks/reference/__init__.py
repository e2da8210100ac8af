"""Published results as data: number, source, table, setting, and how far it can be trusted."""
