"""Quantizers: one method, one file. The registry below is the list of them."""

from explorer.foundation.registry import Registry

QUANTIZERS: Registry[type] = Registry(
    "quantizer",
    {
        "vq": "explorer.quantizers.vq:VectorQuantizer",
        "kmeans": "explorer.quantizers.kmeans:KMeansQuantizer",
        "rvq": "explorer.quantizers.rvq:ResidualQuantizer",
        "pq": "explorer.quantizers.pq:ProductQuantizer",
        "multihead": "explorer.quantizers.multihead:MultiHeadQuantizer",
        "fsq": "explorer.quantizers.lattices.fsq:FiniteScalarQuantizer",
        "lfq": "explorer.quantizers.lattices.lfq:LookupFreeQuantizer",
        "bsq": "explorer.quantizers.lattices.bsq:BinarySphericalQuantizer",
        "simvq": "explorer.quantizers.simvq:SimVQQuantizer",
        "gumbel": "explorer.quantizers.gumbel:GumbelQuantizer",
        "soft": "explorer.quantizers.learned.soft:SoftQuantizer",
        "ibq": "explorer.quantizers.learned.ibq:IndexBackpropQuantizer",
        "affine": "explorer.quantizers.learned.affine:AffineQuantizer",
        "cvq": "explorer.quantizers.learned.cvq:OnlineClusteredQuantizer",
        "nsvq": "explorer.quantizers.learned.nsvq:NoiseSubstitutionQuantizer",
        "opq": "explorer.quantizers.composed.opq:RotatedProductQuantizer",
        "additive": "explorer.quantizers.composed.additive:AdditiveQuantizer",
        "diveq": "explorer.quantizers.learned.diveq:DirectionalQuantizer",
        "gradual": "explorer.quantizers.gradual:GradualQuantizer",
    },
)
