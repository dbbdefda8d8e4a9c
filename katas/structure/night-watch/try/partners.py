"""The insurers' partner, as the stand-in of outside.py."""

DELAYS = {"cover": 0.1}


def cover(order_no, patient, request_id):
    return {"patient": patient, "order_no": order_no, "share": 80}
