"""Stage `render`: pages run for every period and segment, and what they show written as HTML, csv and pictures."""
