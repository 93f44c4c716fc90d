"""The dialects of other tools: nbgrader's and otter's notebooks as records that the engine knows (*trusted*)."""
