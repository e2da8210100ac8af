"""Services that exist, asked by their own HTTP interfaces."""

from orchestrator.oracle.remote.adapters.adapter import Adapter, Http

__all__ = ["Adapter", "Http"]
