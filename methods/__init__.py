"""How prompts are proposed: pure ask/tell methods and the parts they share."""
