"""The pricing service, as the stand-in of outside.py."""

DELAYS = {"price": 0.2}


def price(show, seat):
    return 1_200 if seat == "cheap" else 2_500 + 100 * (show % 5) - 50 * (len(seat) % 2)
