"""The report: sections, one file each, made of texts, tables and figures; a page, PNG, CSV, LaTeX.

A new section is a file in `sections` with a function from `Comparison` to blocks, and a line in
`SECTIONS`.
"""
