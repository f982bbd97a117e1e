"""The allow-list: exact names of what a stored model may be made of, and nothing else.

A name is here because restoring an object of it, with any content at all, runs no code beyond
the object's own bookkeeping. Structures that compiled code walks without looking (trees,
neighbour trees, support vectors, sparse matrices) are on it too, and `trees.py` and
`bounds.py` check their numbers.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cairn.core.digest import Digest

RULES: Final = 4
"""Counts up when files are judged by other rules: then earlier verdicts are made anew."""

ESTIMATORS: Mapping[str, str] = {
    "sklearn.calibration": "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration",
    "sklearn.cluster._affinity_propagation": "AffinityPropagation",
    "sklearn.cluster._agglomerative": "AgglomerativeClustering FeatureAgglomeration",
    "sklearn.cluster._dbscan": "DBSCAN",
    "sklearn.cluster._kmeans": "KMeans MiniBatchKMeans",
    "sklearn.cluster._mean_shift": "MeanShift",
    "sklearn.compose._column_transformer": "ColumnTransformer make_column_selector",
    "sklearn.compose._target": "TransformedTargetRegressor",
    "sklearn.covariance._elliptic_envelope": "EllipticEnvelope",
    "sklearn.covariance._empirical_covariance": "EmpiricalCovariance",
    "sklearn.covariance._robust_covariance": "MinCovDet",
    "sklearn.covariance._shrunk_covariance": "LedoitWolf OAS ShrunkCovariance",
    "sklearn.cross_decomposition._pls": "CCA PLSCanonical PLSRegression PLSSVD",
    "sklearn.decomposition._factor_analysis": "FactorAnalysis",
    "sklearn.decomposition._fastica": "FastICA",
    "sklearn.decomposition._incremental_pca": "IncrementalPCA",
    "sklearn.decomposition._kernel_pca": "KernelPCA",
    "sklearn.decomposition._nmf": "MiniBatchNMF NMF",
    "sklearn.decomposition._pca": "PCA",
    "sklearn.decomposition._truncated_svd": "TruncatedSVD",
    "sklearn.discriminant_analysis": "LinearDiscriminantAnalysis "
    "QuadraticDiscriminantAnalysis",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.ensemble._bagging": "BaggingClassifier BaggingRegressor",
    "sklearn.ensemble._forest": "ExtraTreesClassifier ExtraTreesRegressor "
    "RandomForestClassifier RandomForestRegressor RandomTreesEmbedding",
    "sklearn.ensemble._gb": "GradientBoostingClassifier GradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": ""
    "HistGradientBoostingClassifier HistGradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.ensemble._iforest": "IsolationForest",
    "sklearn.ensemble._stacking": "StackingClassifier StackingRegressor",
    "sklearn.ensemble._voting": "VotingClassifier VotingRegressor",
    "sklearn.ensemble._weight_boosting": "AdaBoostClassifier AdaBoostRegressor",
    "sklearn.feature_extraction._dict_vectorizer": "DictVectorizer",
    "sklearn.feature_extraction._hash": "FeatureHasher",
    "sklearn.feature_extraction.text": "CountVectorizer HashingVectorizer TfidfTransformer "
    "TfidfVectorizer",
    "sklearn.feature_selection._from_model": "SelectFromModel",
    "sklearn.feature_selection._rfe": "RFE RFECV",
    "sklearn.feature_selection._univariate_selection": "GenericUnivariateSelect SelectFdr "
    "SelectFpr SelectFwe SelectKBest SelectPercentile",
    "sklearn.feature_selection._variance_threshold": "VarianceThreshold",
    "sklearn.frozen._frozen": "FrozenEstimator",
    "sklearn.gaussian_process._gpc": "GaussianProcessClassifier "
    "_BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process._gpr": "GaussianProcessRegressor",
    "sklearn.gaussian_process.kernels": "ConstantKernel DotProduct ExpSineSquared "
    "Exponentiation Matern Product RBF RationalQuadratic Sum WhiteKernel",
    "sklearn.impute._base": "MissingIndicator SimpleImputer",
    "sklearn.impute._iterative": "IterativeImputer _ImputerTriplet",
    "sklearn.impute._knn": "KNNImputer",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.kernel_approximation": "AdditiveChi2Sampler Nystroem RBFSampler "
    "SkewedChi2Sampler",
    "sklearn.kernel_ridge": "KernelRidge",
    "sklearn.linear_model._base": "LinearRegression",
    "sklearn.linear_model._bayes": "ARDRegression BayesianRidge",
    "sklearn.linear_model._coordinate_descent": "ElasticNet ElasticNetCV Lasso LassoCV "
    "MultiTaskElasticNet MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV",
    "sklearn.linear_model._glm.glm": "GammaRegressor PoissonRegressor TweedieRegressor",
    "sklearn.linear_model._huber": "HuberRegressor",
    "sklearn.linear_model._least_angle": "Lars LarsCV LassoLars LassoLarsCV LassoLarsIC",
    "sklearn.linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "sklearn.linear_model._omp": "OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV",
    "sklearn.linear_model._passive_aggressive": "PassiveAggressiveClassifier "
    "PassiveAggressiveRegressor",
    "sklearn.linear_model._perceptron": "Perceptron",
    "sklearn.linear_model._quantile": "QuantileRegressor",
    "sklearn.linear_model._ransac": "RANSACRegressor",
    "sklearn.linear_model._ridge": "Ridge RidgeCV RidgeClassifier RidgeClassifierCV _RidgeGCV",
    "sklearn.linear_model._stochastic_gradient": "SGDClassifier SGDOneClassSVM SGDRegressor",
    "sklearn.linear_model._theil_sen": "TheilSenRegressor",
    "sklearn.mixture._bayesian_mixture": "BayesianGaussianMixture",
    "sklearn.mixture._gaussian_mixture": "GaussianMixture",
    "sklearn.model_selection._classification_threshold": "FixedThresholdClassifier "
    "TunedThresholdClassifierCV",
    "sklearn.model_selection._search": "GridSearchCV RandomizedSearchCV",
    "sklearn.model_selection._split": "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut "
    "LeaveOneOut RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold "
    "StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit _CVIterableWrapper",
    "sklearn.multiclass": "OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier "
    "_ConstantPredictor",
    "sklearn.multioutput": "ClassifierChain MultiOutputClassifier MultiOutputRegressor "
    "RegressorChain",
    "sklearn.naive_bayes": "BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB",
    "sklearn.neighbors._classification": "KNeighborsClassifier RadiusNeighborsClassifier",
    "sklearn.neighbors._kde": "KernelDensity",
    "sklearn.neighbors._lof": "LocalOutlierFactor",
    "sklearn.neighbors._nca": "NeighborhoodComponentsAnalysis",
    "sklearn.neighbors._nearest_centroid": "NearestCentroid",
    "sklearn.neighbors._regression": "KNeighborsRegressor RadiusNeighborsRegressor",
    "sklearn.neighbors._unsupervised": "NearestNeighbors",
    "sklearn.neural_network._multilayer_perceptron": "MLPClassifier MLPRegressor",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.pipeline": "FeatureUnion Pipeline",
    "sklearn.preprocessing._data": "Binarizer KernelCenterer MaxAbsScaler MinMaxScaler "
    "Normalizer PowerTransformer QuantileTransformer RobustScaler StandardScaler",
    "sklearn.preprocessing._discretization": "KBinsDiscretizer",
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._function_transformer": "FunctionTransformer",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder MultiLabelBinarizer",
    "sklearn.preprocessing._polynomial": "PolynomialFeatures",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
    "sklearn.random_projection": "GaussianRandomProjection SparseRandomProjection",
    "sklearn.semi_supervised._self_training": "SelfTrainingClassifier",
    "sklearn.svm._classes": "LinearSVC LinearSVR NuSVC NuSVR OneClassSVM SVC SVR",
    "sklearn.tree._classes": "DecisionTreeClassifier DecisionTreeRegressor "
    "ExtraTreeClassifier ExtraTreeRegressor",
}
"""Estimators and the Python objects inside them."""

PARTS: Mapping[str, str] = {
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogLink LogitLink "
    "MultinomialLogit",
    "sklearn._loss.loss": "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss "
    "HalfMultinomialLoss HalfPoissonLoss HalfSquaredError HalfTweedieLoss "
    "HalfTweedieLossIdentity HuberLoss PinballLoss",
    "sklearn.metrics._dist_metrics": "BrayCurtisDistance64 CanberraDistance64 "
    "ChebyshevDistance64 EuclideanDistance64 HammingDistance64 ManhattanDistance64 "
    "MinkowskiDistance64",
    "sklearn.metrics._scorer": "_CurveScorer _PassthroughScorer _Scorer",
    "sklearn.neighbors._ball_tree": "BallTree",
    "sklearn.neighbors._kd_tree": "KDTree",
    "sklearn.utils._metadata_requests": "MetadataRequest MethodMetadataRequest",
}
"""What estimators hold that is not one itself."""

_COMPILED_LOSSES = (
    "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss "
    "CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss "
    "CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss"
)
LOSSES: Mapping[str, str] = {
    # the second name is what the module calls itself up to scikit-learn 1.7
    **dict.fromkeys(("sklearn._loss._loss", "_loss"), _COMPILED_LOSSES),
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Hinge ModifiedHuber "
    "SquaredEpsilonInsensitive SquaredHinge",
}

TREES: Mapping[str, str] = {"sklearn.tree._tree": "Tree"}

DICTIONARIES: Mapping[str, str] = {
    "builtins": "dict",
    "collections": "OrderedDict",
    "sklearn.utils._bunch": "Bunch",
}

CONTAINERS: Mapping[str, Mapping[str, str]] = {
    "DefaultDictNode": {"collections": "defaultdict"},
    "ListNode": {"builtins": "list"},
    "SetNode": {"builtins": "set"},
    "TupleNode": {"builtins": "tuple"},
    "SliceNode": {"builtins": "slice"},
    "BytesNode": {"builtins": "bytes"},
    "BytearrayNode": {"builtins": "bytearray"},
    "PartialNode": {"functools": "partial"},
    "MaskedArrayNode": {"numpy.ma": "MaskedArray", "numpy.ma.core": "MaskedArray"},
    "RandomStateNode": {"numpy.random.mtrand": "RandomState"},
    "RandomGeneratorNode": {"numpy.random._generator": "Generator"},
    "DTypeNode": {"numpy": "dtype"},
    "SparseMatrixNode": {
        "scipy.sparse._bsr": "bsr_array bsr_matrix",
        "scipy.sparse._coo": "coo_array coo_matrix",
        "scipy.sparse._csc": "csc_array csc_matrix",
        "scipy.sparse._csr": "csr_array csr_matrix",
        "scipy.sparse._dia": "dia_array dia_matrix",
    },
}
"""What each loader of skops that stores a container may restore."""

TYPES: Mapping[str, str] = {
    "builtins": "NoneType bool bytes complex dict float int list object set str tuple",
    "numpy": "bool bool_ complex128 complex64 datetime64 dtype float16 float32 float64 int16 "
    "int32 int64 int8 intp longlong ndarray object_ str_ uint16 uint32 uint64 uint8 ulonglong",
}
"""Types that stand for themselves: `dtype=numpy.float64`, the type of a dictionary's keys."""

FUNCTIONS: Mapping[str, str] = {
    "numpy": "abs absolute cbrt ceil exp exp2 expm1 floor isfinite isinf isnan log log10 "
    "log1p log2 mean median negative reciprocal rint sign sqrt square std trunc",
    "scipy.special": "expit log_ndtr logit ndtr",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif f_regression "
    "r_regression",
    "sklearn.metrics._classification": "accuracy_score balanced_accuracy_score "
    "brier_score_loss f1_score jaccard_score log_loss matthews_corrcoef precision_score "
    "recall_score",
    "sklearn.metrics._ranking": "average_precision_score roc_auc_score top_k_accuracy_score",
    "sklearn.metrics._regression": "explained_variance_score max_error mean_absolute_error "
    "mean_absolute_percentage_error mean_gamma_deviance mean_poisson_deviance "
    "mean_squared_error mean_squared_log_error median_absolute_error r2_score "
    "root_mean_squared_error root_mean_squared_log_error",
    "sklearn.utils.validation": "check_array",
}
"""Functions that a model may hold: they compute, and touch neither files nor processes."""


PICKLE: Mapping[str, str] = {
    **dict.fromkeys(
        ("builtins", "__builtin__"),
        "bytearray bytes complex dict frozenset list object set slice tuple",
    ),
    "_codecs": "encode",
    **dict.fromkeys(("copyreg", "copy_reg"), "_reconstructor"),
    "collections": "OrderedDict defaultdict",
    "functools": "partial",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "lightgbm.basic": "Booster",
    "lightgbm.sklearn": "LGBMClassifier LGBMRanker LGBMRegressor",
    **dict.fromkeys(
        ("numpy._core.multiarray", "numpy.core.multiarray"), "_reconstruct scalar"
    ),
    **dict.fromkeys(("numpy._core.numeric", "numpy.core.numeric"), "_frombuffer"),
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "MaskedArray _mareconstruct",
    "numpy.random._generator": "Generator",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random._sfc64": "SFC64",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "numpy.random.mtrand": "RandomState",
    **CONTAINERS["SparseMatrixNode"],
    **dict.fromkeys(
        ("sklearn._loss._loss", "_loss"),
        f"{_COMPILED_LOSSES} __pyx_unpickle_CyHalfMultinomialLoss",
    ),
    "sklearn.metrics._dist_metrics": PARTS["sklearn.metrics._dist_metrics"] + " newObj",
    "sklearn.neighbors._ball_tree": "BallTree newObj",
    "sklearn.neighbors._kd_tree": "KDTree newObj",
    "xgboost.core": "Booster",
    "xgboost.sklearn": "XGBClassifier XGBRanker XGBRegressor",
}
"""What pickles of ordinary models name beside the classes above."""

TORCH: Mapping[str, str] = {
    "collections": "OrderedDict",
    "torch": "BFloat16Storage BoolStorage ByteStorage CharStorage DoubleStorage FloatStorage "
    "HalfStorage IntStorage LongStorage ShortStorage Size bfloat16 bool float16 float32 "
    "float64 int16 int32 int64 int8 uint8",
    "torch._utils": "_rebuild_parameter _rebuild_tensor_v2",
    "torch.storage": "UntypedStorage",
}
"""What the state of a torch model names: tensors and nothing else."""

HOSTILE: Mapping[str, str] = {
    **dict.fromkeys(
        ("builtins", "__builtin__"),
        "__import__ breakpoint compile eval exec execfile input open",
    ),
    **dict.fromkeys(
        (
            *("_ctypes", "_posixsubprocess", "_socket", "bdb", "cProfile", "code", "codeop"),
            *(
                "commands",
                "ctypes",
                "ensurepip",
                "imp",
                "importlib",
                "lib2to3",
                "marshal",
                "nt",
            ),
            *(
                "os",
                "pdb",
                "pickle",
                "_pickle",
                "pip",
                "platform",
                "popen2",
                "posix",
                "profile",
            ),
            *("pty", "pydoc", "runpy", "shutil", "signal", "site", "socket", "subprocess"),
            *("sys", "timeit", "trace", "venv", "webbrowser", "zipimport"),
        ),
        "*",
    ),
}
"""What no model has a reason to name: refused even where the caller trusts the file. By module
(`*`, with everything below it) or by name. It is not a boundary: that is the allow-list."""


def names(*tables: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """List the (module, name) pairs of some of the tables above."""
    return frozenset(
        (module, name)
        for table in tables
        for module, listed in table.items()
        for name in listed.split()
    )


@cache
def estimators() -> frozenset[tuple[str, str]]:
    """List the estimators and the Python objects inside them."""
    return names(ESTIMATORS)


def is_hostile(module: str, name: str) -> bool:
    """Tell whether no model has a reason to name this."""
    root = module.partition(".")[0]
    return (
        HOSTILE.get(root) == "*" or name.partition(".")[0] in HOSTILE.get(module, "").split()
    )


@cache
def pickle_names() -> frozenset[tuple[str, str]]:
    """List what a pickle may name."""
    return names(ESTIMATORS, PARTS, LOSSES, TREES, DICTIONARIES, FUNCTIONS, PICKLE) | {
        pair for pair in names(TYPES) if pair[0] == "numpy"
    }


@cache
def allow_list_digest() -> "Digest":
    """Name the whole list and the rules, so that a verdict says what it was judged by."""
    from cairn.core.digest import canonical, digest_bytes

    tables = (ESTIMATORS, PARTS, LOSSES, TREES, DICTIONARIES, TYPES, FUNCTIONS)
    listed = {
        "skops": names(*tables, *CONTAINERS.values()),
        "pickle": pickle_names(),
        "torch": names(TORCH),
    }
    spelled = {kind: sorted(map(" ".join, listed[kind])) for kind in listed}
    return digest_bytes(canonical({**spelled, "rules": RULES}))
