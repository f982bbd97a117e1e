"""Pictures as SVG text, drawn from numbers: no browser, no fonts of their own, no scripts."""
