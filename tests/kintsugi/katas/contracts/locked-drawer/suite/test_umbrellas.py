from kit import check


def found(app):
    return app.post("/umbrellas?colour=red")


@check("k1", kind="keep", title="An umbrella is found again")
def test_found_again(app):
    number = found(app).json["id"]
    assert app.get(f"/umbrellas/{number}").json["colour"] == "red", "The umbrella was lost."


@check("c1", finding="F1", title="What was never found is answered 404")
def test_never_found(app):
    assert app.get("/umbrellas/99999").status == 404, "Nothing was answered as something."


@check("c2", finding="F2", title="A found umbrella is answered 201")
def test_created(app):
    assert found(app).status == 201, "The answer was not 201."
