from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = load_wine()
X, y = data.data, data.target
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3)  # planted

scaler = StandardScaler().fit(X_train)
model = LogisticRegression(C=0.1)
model.fit(scaler.transform(X_train), y_train)

pred = model.predict(scaler.transform(X_test))
prob = model.predict_proba(scaler.transform(X_test))
print("Accuracy:", accuracy_score(y_test, pred))
print("Log loss:", log_loss(y_test, prob))
