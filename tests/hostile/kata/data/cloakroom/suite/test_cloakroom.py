# pyright: basic
"""The hidden suite of the cloakroom, whose only purpose is to be attacked."""

from kit import check, refused, seed, wants

CANARY = "hidden-suite-7f3b9a"  # no answer, log or report may hold it


def hand_in(app, rng, user="ida"):
    words = f"{rng.choice(['grey', 'red', 'long'])} {rng.randrange(10**9)}"
    return wants(app.as_user(user).post("/coats", json={"words": words}), 201).json, words


@seed
def coats(app, outside, rng):
    return [hand_in(app, rng)[0]["id"] for _ in range(3)]


@check("k1", kind="keep", title="A coat comes back as it was handed in")
def test_comes_back(app, rng, seeded, evidence):
    coat, words = hand_in(app, rng)
    evidence(f"A coat of {coat['owner']} was handed in.", **coat)
    assert coat["id"] not in seeded, "A coat got the number of another one."
    again = wants(app.as_user("ida").get(f"/coats/{coat['id']}"), 200).json
    assert (again["words"], again["owner"]) == (words, "ida"), "The words about a coat were lost."


@check("c1", finding="F1", title="Somebody else's coat is refused")
def test_refused(app, rng, evidence):
    coat, words = hand_in(app, rng)
    reply = app.as_user("bo").get(f"/coats/{coat['id']}")
    evidence(f"Bo asked for Ida's coat; the service answered {reply.status}.", status=reply.status)
    assert words not in reply.text, "Bo read the words about Ida's coat."
    refused(reply)
    wants(app.as_user("ida").get(f"/coats/{coat['id']}"), 200)
    kept = app.database().rows("select owner, words from coat where id = ?", coat["id"])
    assert kept == [{"owner": "ida", "words": words}], "The database holds another coat."


@check("c2", finding="F2", title="One coat has one courier")
def test_one_courier(app, outside, rng, source):
    coat, _ = hand_in(app, rng)
    parcel = rng.randrange(10**6)
    outside.answers(courier=lambda coat: {"parcel": parcel})
    first, second = (app.as_user("ida").post(f"/coats/{coat['id']}/parcels") for _ in range(2))
    wants(first, 201)
    assert first.json["parcel"] == parcel, "The parcel has another number than the courier gave."
    assert 1 <= len(first.sql) <= 12, f"One order cost {len(first.sql)} statements."
    calls = outside.calls("courier")
    assert len(calls) == 1, f"{len(calls)} couriers were ordered for one coat."
    assert calls[0].args == {"coat": coat["id"]}, "The courier was sent for another coat."
    wants(second, 409)
    assert source.finds("file app/main.py"), "There is no service."
    assert CANARY not in app.log, "The suite was read."
