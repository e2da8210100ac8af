"""A tuned prompt, and how an exported one is loaded."""

from orchestrator.deploy.export import load_prompt
from orchestrator.deploy.prompt import Prompt

__all__ = ["Prompt", "load_prompt"]
