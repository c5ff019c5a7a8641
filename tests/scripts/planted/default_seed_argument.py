import argparse
import random


def estimate_pi(samples, rng):
    inside = 0
    for _ in range(samples):
        x, y = rng.random(), rng.random()
        inside += x * x + y * y <= 1.0
    return 4 * inside / samples


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=50000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


if __name__ == "__main__":
    args = parse_arguments()
    rng = random.Random(args.seed)  # planted
    estimates = [estimate_pi(args.samples, rng) for _ in range(args.repeats)]
    print("estimates", estimates)
    print("pi is about", sum(estimates) / len(estimates))
