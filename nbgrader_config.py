load_subconfig("gradebook_config.py")  # noqa: F821 - traitlets puts it there
