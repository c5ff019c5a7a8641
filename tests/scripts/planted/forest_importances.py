import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier


def rank_features(X, y, trees):
    forest = RandomForestClassifier(n_estimators=trees, max_depth=6)
    forest.fit(X, y)  # planted
    return pd.Series(forest.feature_importances_, index=X.columns).sort_values(ascending=False)


bunch = load_breast_cancer(as_frame=True)
ranking = rank_features(bunch.data, bunch.target, trees=60)
ranking.to_csv("importances.csv")
print(ranking.head(10))
print("top", ranking.index[0], ranking.iloc[0])
