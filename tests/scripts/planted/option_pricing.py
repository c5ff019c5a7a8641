import argparse
import math

import numpy as np


class MonteCarloPricer:
    """European call by simulation of the terminal price."""

    def __init__(self, spot, strike, rate, vol, maturity):
        self.spot = spot
        self.strike = strike
        self.rate = rate
        self.vol = vol
        self.maturity = maturity
        self.rng = np.random.default_rng()  # planted

    def price(self, paths):
        z = self.rng.standard_normal(paths)
        drift = (self.rate - 0.5 * self.vol ** 2) * self.maturity
        terminal = self.spot * np.exp(drift + self.vol * math.sqrt(self.maturity) * z)
        payoff = np.maximum(terminal - self.strike, 0.0)
        discount = math.exp(-self.rate * self.maturity)
        return discount * payoff.mean(), discount * payoff.std() / math.sqrt(paths)


def main():
    p = argparse.ArgumentParser(description="Price a call option")
    p.add_argument("--spot", type=float, default=100)
    p.add_argument("--strike", type=float, default=105)
    p.add_argument("--rate", type=float, default=0.02)
    p.add_argument("--vol", type=float, default=0.25)
    p.add_argument("--maturity", type=float, default=1.0)
    p.add_argument("--paths", type=int, default=20000)
    a = p.parse_args()
    pricer = MonteCarloPricer(a.spot, a.strike, a.rate, a.vol, a.maturity)
    price, error = pricer.price(a.paths)
    print(f"price {price!r} +- {error!r}")


main()
