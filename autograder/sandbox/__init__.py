"""The boundary: student code on one side, checks on the other, a closed wire in between."""
