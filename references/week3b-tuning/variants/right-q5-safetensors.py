# operator = "equivalent"
# without = ["model_weights.pt"]
# why = "weights as a safetensors file"
