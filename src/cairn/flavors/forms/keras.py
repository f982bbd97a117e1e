"""Configurations of Keras: objects by the names of their classes, made as a model is loaded.

A layer that is on the list computes. Others hold functions (`Lambda`), read files, or come
from modules that the configuration names.
"""

from typing import Any

from cairn.flavors.forms.names import words
from cairn.flavors.verdict import Verdict, safe, unknown, unsafe

HOLDING_CODE = frozenset(("Lambda", "__lambda__", "TorchModuleWrapper", "PyFunc", "lambda"))

CLASSES = words(
    "Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention",
    "Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization",
    "Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D",
    "Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D",
    "Cropping2D Cropping3D Dense DepthwiseConv1D DepthwiseConv2D Discretization Dot",
    "Dropout ELU EinsumDense Embedding Flatten Functional GRU GRUCell GaussianDropout",
    "GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D",
    "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization",
    "GroupQueryAttention Hashing Identity InputLayer InputSpec LSTM LSTMCell",
    "LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum",
    "Minimum Model MultiHeadAttention Multiply Normalization PReLU Permute RNN",
    "RandomContrast RandomCrop RandomFlip RandomRotation RandomTranslation RandomZoom",
    "ReLU RepeatVector Rescaling Reshape Resizing SeparableConv1D SeparableConv2D",
    "Sequential SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D",
    "SpatialDropout3D SpectralNormalization StackedRNNCells Subtract ThresholdedReLU",
    "TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D",
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D Constant GlorotNormal GlorotUniform",
    "HeNormal HeUniform LecunNormal LecunUniform Ones Orthogonal RandomNormal",
    "RandomUniform TruncatedNormal VarianceScaling Zeros IdentityInitializer L1 L2 L1L2",
    "OrthogonalRegularizer MaxNorm MinMaxNorm NonNeg UnitNorm DTypePolicy Policy",
    "FloatDTypePolicy Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam",
    "RMSprop SGD ExponentialDecay CosineDecay PiecewiseConstantDecay PolynomialDecay",
    "InverseTimeDecay BinaryCrossentropy CategoricalCrossentropy",
    "SparseCategoricalCrossentropy MeanSquaredError MeanAbsoluteError Huber KLDivergence",
    "Poisson LogCosh Hinge CosineSimilarity AUC Accuracy BinaryAccuracy",
    "CategoricalAccuracy SparseCategoricalAccuracy Precision Recall Mean CompileConfig",
    "__tuple__ __tensor__ __keras_tensor__ __numpy__ __ellipsis__",
)


def odd_object(found: dict[str, Any]) -> Verdict:
    """Judge one object that has a class and a configuration."""
    name, module = found["class_name"], found.get("module")
    if not isinstance(name, str):
        return unknown("json", "it names a class by something that is not a text")
    if name.rpartition(">")[2] in HOLDING_CODE:
        return unsafe("json", f"it has a {name[:80]}, which holds code")
    inside = module is None or str(module).split(".")[0] in ("keras", "tf_keras")
    registered = found.get("registered_name")
    if not inside or name not in CLASSES or registered not in (None, "", name):
        return unknown("json", f"it makes a {str(module)[:80]}.{name[:80]} as it is loaded")
    return safe("json")
