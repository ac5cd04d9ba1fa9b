"""Stage `render`: pages run for every period and segment, and what they show written as HTML, csv and pictures."""

import os

# Pages are forked from one process: it must have one thread, and numeric libraries start theirs when they are imported.
for _name, _value in {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}.items():
    os.environ.setdefault(_name, _value)
