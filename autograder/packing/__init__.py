"""``package()``: what is handed in, looked at before it is (*student side*); its text is part of the released first cell."""
