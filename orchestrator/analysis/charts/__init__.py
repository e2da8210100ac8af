"""Charts as data, drawn twice: by plotly in the page and by matplotlib for PNG files."""
