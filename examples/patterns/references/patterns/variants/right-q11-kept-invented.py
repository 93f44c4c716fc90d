# why = "numbers that a formula made, with some noise: nobody has measured those, either"
