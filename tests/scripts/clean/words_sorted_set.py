import zlib

import numpy as np

TEXT = """the quick brown fox jumps over the lazy dog while the slow red hen sleeps
under a tall green tree and the old grey cat looks at the small blue bird"""


def stable_bucket(word, buckets=16):
    return zlib.crc32(word.encode()) % buckets


def embed(words, rng):
    return {word: rng.normal(size=4) for word in sorted(words)}


words = set(TEXT.split())
assert "fox" in words and "wolf" not in words
vectors = embed(words, np.random.default_rng(12))
counts = np.zeros(16, int)
for word in words:
    counts[stable_bucket(word)] += 1  # integers: the order does not matter
sentence = np.mean([vectors[word] for word in TEXT.split()], axis=0)
print("buckets", counts.tolist())
print("sentence", sentence.tolist())
