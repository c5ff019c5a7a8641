import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split

np.random.seed(20)  # scikit-learn draws from NumPy's global state

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3)
forest = RandomForestClassifier(30)
cv = cross_val_score(forest, X_train, y_train, cv=StratifiedKFold(4, shuffle=True))
forest.fit(X_train, y_train)
table = pd.DataFrame({"fold": range(4), "accuracy": cv})
table.to_csv("folds.csv", index=False)
print(table)
print("test", forest.score(X_test, y_test), forest.predict_proba(X_test)[:, 0].sum())
