# why = "weights saved as float64"
