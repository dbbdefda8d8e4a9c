from fastapi import FastAPI

from .shelf import umbrellas

app = FastAPI()


@app.post("/umbrellas")
def found(colour: str):
    umbrellas.append(colour)
    return {"id": len(umbrellas), "colour": colour}


@app.get("/umbrellas/{number}")
def look_up(number: int):
    return {"colour": umbrellas[number - 1] if 0 < number <= len(umbrellas) else None}
