load_subconfig("gradebook_config.py")
