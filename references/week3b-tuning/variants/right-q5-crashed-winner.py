# operator = "equivalent"
# why = "the winner's run was interrupted before its summary; its weights were saved"
