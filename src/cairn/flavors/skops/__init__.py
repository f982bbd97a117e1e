"""Models of scikit-learn in skops files: judged before they are restored, spelled one way."""
