"""What hyperparameters and metrics are usually called."""

import re

HYPERPARAMETERS = frozenset(
    # of trees and ensembles
    {"n_estimators", "num_boost_round", "num_trees", "iterations", "max_depth", "depth"}
    | {"num_leaves", "max_leaves", "max_leaf_nodes", "min_child_weight", "min_child_samples"}
    | {"min_samples_leaf", "min_samples_split", "min_data_in_leaf", "max_features", "max_bin"}
    | {"subsample", "bagging_fraction", "feature_fraction", "colsample_bytree", "eta", "gamma"}
    | {"colsample_bylevel", "l2_leaf_reg", "lambda_l1", "lambda_l2", "criterion", "booster"}
    # of penalties, kernels and neighbours
    | {"c", "alpha", "l1", "l2", "l1_ratio", "lambda", "reg_alpha", "reg_lambda", "penalty"}
    | {"kernel", "degree", "nu", "epsilon", "tol", "max_iter", "solver", "class_weight"}
    | {"n_neighbors", "n_clusters", "n_components", "scale_pos_weight", "objective"}
    # of networks and their optimisers
    | {"lr", "learning_rate", "min_lr", "base_lr", "batch_size", "train_batch_size"}
    | {"epochs", "n_epochs", "num_epochs", "max_epochs", "num_train_epochs", "max_steps"}
    | {"steps_per_epoch", "patience", "early_stopping_rounds", "dropout", "dropout_rate"}
    | {"weight_decay", "momentum", "beta1", "beta2", "betas", "warmup_steps", "warmup_ratio"}
    | {
        "hidden_size",
        "hidden_dim",
        "hidden_layer_sizes",
        "num_layers",
        "n_layers",
        "num_heads",
    }
    | {"n_heads", "d_model", "embedding_dim", "embed_dim", "activation", "optimizer", "units"}
    | {"gradient_accumulation_steps", "max_grad_norm", "grad_clip", "label_smoothing"}
    # of the split and of the decision
    | {"test_size", "val_size", "validation_split", "n_splits", "n_folds", "cv", "threshold"}
)
METRICS = frozenset(
    {"auc", "roc_auc", "auroc", "pr_auc", "auprc", "average_precision", "ap", "map", "gini"}
    | {"accuracy", "acc", "balanced_accuracy", "precision", "recall", "sensitivity"}
    | {"specificity", "f1", "f1_score", "f_score", "mcc", "kappa", "brier", "log_loss"}
    | {"logloss", "loss", "rmse", "mse", "mae", "mape", "r2", "r2_score", "bleu", "rouge"}
    | {"perplexity", "wer", "iou", "dice", "ndcg", "mrr", "error_rate", "score", "lift", "ks"}
)
_SPLITS = re.compile(
    r"(?:^|_)(?:train|training|val|valid|validation|test|eval|dev|holdout|mean|final|best)(?=_|$)"
)


def is_hyperparameter(name: str) -> bool:
    """Tell whether a name is one that settings of a training have: `LEARNING_RATE`, `C`."""
    return plain_name(name) in HYPERPARAMETERS


def is_metric(name: str) -> bool:
    """Tell whether a name is that of a metric, perhaps of one split: `val_loss`."""
    plain = plain_name(name)
    return plain in METRICS or _SPLITS.sub("", plain).strip("_") in METRICS


def plain_name(name: str) -> str:
    """Spell a name in lower case with underscores: `--learning-rate` is `learning_rate`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
