umbrellas: list[str] = []
