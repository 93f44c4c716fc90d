# why = "a checkpoint dictionary around the state_dict"
