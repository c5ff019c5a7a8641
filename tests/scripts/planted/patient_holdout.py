import random

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

# --- a table with several visits per patient
np.random.seed(7)
rows = []
for patient in range(60):
    risk = np.random.normal()
    for visit in range(np.random.randint(2, 6)):
        bp = 120 + 8 * risk + np.random.normal(0, 5)
        age = np.random.randint(30, 80)
        event = int(np.random.rand() < 1 / (1 + np.exp(-risk)))
        rows.append({"patient": patient, "bp": bp, "age": age, "event": event})
df = pd.DataFrame(rows)
print(df.describe())

# --- hold out whole patients so that visits do not leak
patients = df["patient"].unique().tolist()
held_out = random.sample(patients, 15)  # planted
test = df[df["patient"].isin(held_out)]
train = df[~df["patient"].isin(held_out)]

features = ["bp", "age"]
clf = LogisticRegression(max_iter=500)
clf.fit(train[features], train["event"])
prob = clf.predict_proba(test[features])[:, 1]
print("train", len(train), "test", len(test))
print("auc", roc_auc_score(test["event"], prob), "log loss", log_loss(test["event"], prob))
