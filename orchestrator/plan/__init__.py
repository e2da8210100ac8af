"""From a spec and a store to cells with keys, states and prices."""
