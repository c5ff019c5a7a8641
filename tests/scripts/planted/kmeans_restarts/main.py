import numpy as np

from utils import check_rng, distances, make_blobs


def kmeans(X, k, iters=5, rng=None):
    rng = check_rng(rng)
    centers = X[rng.choice(len(X), k, replace=False)]
    for _ in range(iters):
        nearest = distances(X, centers).argmin(1)
        for j in range(k):
            if np.any(nearest == j):
                centers[j] = X[nearest == j].mean(0)
    inertia = distances(X, centers).min(1).sum()
    return centers, inertia


if __name__ == "__main__":
    X = make_blobs()
    for k in range(3, 9):
        centers, inertia = kmeans(X, k)
        print(k, "clusters, inertia", inertia)
    np.savetxt("centers.csv", centers, delimiter=",")
    print("centers", centers.tolist())
