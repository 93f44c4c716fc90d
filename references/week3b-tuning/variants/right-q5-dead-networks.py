# operator = "equivalent"
# why = "three trials died at once: outputs of 0, so equal losses; one more died after its first epoch"
