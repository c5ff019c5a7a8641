"""Nearest neighbours of spectra; the first six files are the reference."""
import glob
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "spectra"


class Library:
    def __init__(self, pattern):
        self.files = glob.glob(str(pattern))  # planted
        self.spectra = np.stack([np.loadtxt(f) for f in self.files])

    def split(self, k):
        return self.spectra[:k], self.spectra[k:]


def nearest(reference, query):
    d = np.linalg.norm(query[:, None] - reference[None], axis=-1)
    return d.min(axis=1)


library = Library(FOLDER / "*.txt")
reference, query = library.split(6)
distances = nearest(reference, query)
print(len(library.files), "spectra")
print("distances", distances.tolist(), distances.mean())
