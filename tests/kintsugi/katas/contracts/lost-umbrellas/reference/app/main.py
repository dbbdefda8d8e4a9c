from fastapi import FastAPI, HTTPException

from .shelf import umbrellas

app = FastAPI()


@app.post("/umbrellas", status_code=201)
def found(colour: str):
    umbrellas.append(colour)
    return {"id": len(umbrellas), "colour": colour}


@app.get("/umbrellas/{number}")
def look_up(number: int):
    if not 0 < number <= len(umbrellas):
        raise HTTPException(404)
    return {"colour": umbrellas[number - 1]}
