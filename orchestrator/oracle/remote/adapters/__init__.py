"""Services that exist, asked by their own HTTP interfaces."""
