"""What a table cannot find out: conventions, limits, and what is left out."""

CONVENTIONS: dict[str, dict[str, str]] = {
    "numpy": {
        "0 at 0": "absolute fabs hypot sign sinc",
        "inf at 0, the true limit": "cbrt sqrt",
        "ties in the order of `kind=`": "argsort",
        "half at an edge, as maximum and minimum": "clip",
        "exact where factors are 0": "cumprod cumulative_prod nancumprod",
        "exact where factors are 0: that of [0, 2, 3] is [6, 0, 0]": "nanprod prod",
        "`at` works in place on traced arrays": "add subtract",
        "reductions are exact where factors are 0; `at` as of `add`": "multiply",
        "ties share equally; nan has 0": "amax amin max min nanmax nanmin ptp",
        "ties share equally: .5 at `maximum(x, 0)`; `accumulate` halves": "maximum",
        "ties share equally; `accumulate` halves": "fmax fmin minimum",
        "that of the sorted elements; ties as in `sort`": """
            median nanmedian nanpercentile nanquantile percentile quantile""",
        "equal elements in the order of a stable sort": "partition sort sort_complex",
        "the first of equal elements": """
            union1d unique unique_all unique_counts unique_inverse unique_values""",
        "`x**0.` has slope 0 at 0; `x**y` at x = 0, y > 1 has slopes 0": """
            float_power power""",
        "0 where all elements are equal": "nanstd std",
        "exact where `exp` would overflow": "logaddexp logaddexp2",
        "the derivative of the branch that is taken; finite there": "select where",
        "0 for what is replaced or left out": """
            nan_to_num nancumsum nanmean nansum nanvar""",
        "nan at 0, which has no direction": "angle arctan2",
        "by the sign: 0": "copysign",
        "the periods that are added are constant": "unwrap",
        "at a point of the grid that of the piece that begins there": "interp",
        "by `x` 1, also at jumps": "divmod fmod mod remainder",
        "0, also at jumps": "floor_divide",
        "by `x` 0, also at 0": "heaviside",
        "0": "nextafter",
        "under `jit` leading zeros are kept": "polydiv polymul",
        "under `jit` and `vmap` the function is mapped": "apply_along_axis",
        "may differ from NumPy in the last bit": "convolve correlate einsum poly vdot",
        "real or complex by values": """
            emath.arccos emath.arcsin emath.arctanh emath.log emath.log10
            emath.log2 emath.logn emath.power emath.sqrt""",
    },
    "numpy.linalg": {
        "0 at 0, for all orders; equal largest elements share": """
            matrix_norm norm vector_norm""",
        "reads the lower triangle; the gradient is symmetric": "cholesky",
        "reads one triangle; 1/0 between equal eigenvalues is 0": "eigh eigvalsh",
        "vectors of length one; complex under `jit` and `vmap`": "eig",
        "complex under `jit` and `vmap`": "eigvals",
        "1/0 between equal singular values is 0; 0 at singular values of 0": "svd",
        "0 at singular values of 0": "svdvals",
        'the first columns must be independent; no `mode="raw"`': "qr",
        "at a fixed rank": "lstsq pinv",
        "cofactors, also at singular matrices; third derivatives need an inverse": """
            det""",
        "no derivative at singular matrices": "slogdet",
        "0 where it is infinite": "cond",
        "no derivative": "matrix_rank",
    },
    "scipy.linalg": {
        "the derivative for symmetric matrices": "cho_factor cho_solve cholesky",
        "all eigenvalues; 1/0 between equal ones is 0": """
            eigh eigh_tridiagonal eigvalsh""",
        "0 at singular values of 0": "svd svdvals",
        "no pivoting": "qr qr_multiply",
        "pivots have no derivative": "lu lu_factor lu_solve",
        "eigenvalues away from zero": "sqrtm",
        "a real matrix must have a real logarithm": "logm",
        "at a fixed rank; no `atol=`, `return_rank=`": "pinv",
        "0 at 0, for all orders": "norm",
        "under `jit` and `vmap`; a callback, which exports refuse": """
            hessenberg rsf2csf schur""",
    },
    "scipy.special": {
        "0 where both arguments are at the edge": "kl_div rel_entr xlog1py xlogy",
        "inf at 0, the limit": "entr",
        "even scaled functions have 0 at 0": "i0e i1e",
        "the limits, in all orders": "boxcox ellipk exprel spence",
        "the limit at its zeros": "rgamma",
        "of all -inf: 0": "log_softmax logsumexp softmax",
        "by shapes, orders and parameters numerical: about nine digits": """
            betainc betaincc gammainc gammaincc hyp1f1 hyp2f1 hyperu iv jv kv yv""",
        "none by degrees and orders: `MissingRuleError`": """
            eval_chebyt eval_chebyu eval_gegenbauer eval_genlaguerre eval_hermite
            eval_jacobi eval_laguerre eval_legendre expn kn yn""",
        "0 by counts, which SciPy rounds down": "bdtr bdtrc pdtr pdtrc",
        "0, also at jumps": "gammasgn round",
        "nan where a term is at a pole of gamma": "beta binom poch",
    },
    "scipy.stats": {
        "0": "rankdata",
        "0 where all elements are equal": "sem",
        "the density only": "vonmises",
        "the covariance must be positive definite": "multivariate_normal",
    },
    "scipy.signal": {
        "no `zi=`": "lfilter",
    },
    "scipy.integrate": {
        "of the steps that were taken; nan after `mxstep`": "odeint",
    },
    "scipy.ndimage": {
        "orders 0 and 1": "map_coordinates",
    },
    "scipy.interpolate": {
        "linear and nearest": "RegularGridInterpolator",
    },
    "scipy.sparse.linalg": {
        "as exact as `tol`": "bicgstab cg gmres",
    },
    "scipy.fft": {
        "types 1 to 4": "dct dctn idct idctn",
    },
    "lax": {
        "0 at 0": "abs sign",
        "inf at 0, the true limit": "cbrt sqrt",
        "-inf at 0, the true limit": "rsqrt",
        "ties share equally": "max min scatter_max scatter_min",
        "ties share equally; windows give it to the first": """
            reduce_max reduce_min reduce_window""",
        "ties are halved one after the other": "cummax cummin",
        "0 at an edge, as in JAX": "clamp",
        "equal elements in the order of a stable sort": "sort sort_key_val top_k",
        "exact where factors are 0": "cumprod reduce_prod scatter_mul",
        "`x**0` has slope 0 at 0": "integer_pow pow",
        "the derivative of the branch that is taken": "select select_n",
        "0 on purpose": "stop_gradient",
        "1: the rounding is not seen": "reduce_precision",
        "0": "nextafter",
        "by shapes numerical: about nine digits": """
            betainc igamma igamma_grad_a igammac""",
        "nan at (0, 0)": "atan2",
    },
    "nn": {
        "0 at 0": "relu",
        "0 at 0 and 6": "relu6",
        "1 at 0": "celu elu leaky_relu soft_sign",
        "a row that `where=` leaves empty has 0": """
            log_softmax logmeanexp logsumexp softmax standardize""",
        "finite and exact far out": "gelu log_sigmoid mish sigmoid silu softplus",
        "1 at -1 and 1": "hard_tanh",
        "0 at -3 and 3": "hard_sigmoid",
    },
    "ops": {
        "ties share equally": "segment_max segment_min",
        "exact where factors are 0": "segment_prod",
    },
}
"""What holds where a derivative does not exist, and limits: by namespace."""

NOTES = {
    f"{namespace}.{name}": note
    for namespace, notes in CONVENTIONS.items()
    for note, names in notes.items()
    for name in names.split()
}

OUTSIDE: dict[str, dict[str, str]] = {
    "numpy": {
        "Print, save, load, or set NumPy up": """
            array2string array_repr base_repr binary_repr
            format_float_positional format_float_scientific fromfile fromregex
            fromstring genfromtxt get_include get_printoptions getbufsize geterr
            geterrcall info load loadtxt printoptions save savetxt savez
            savez_compressed set_printoptions setbufsize seterr seterrcall show_config
            show_runtime test typename""",
        "Dates, matrices and iterators, which are not traced": """
            asmatrix bmat busday_count busday_offset datetime_as_string datetime_data
            is_busday isnat nested_iters""",
        "About dtypes and memory, with plain Python answers": """
            broadcast_shapes common_type isdtype isfortran isscalar issubdtype iterable
            may_share_memory min_scalar_type mintypecode promote_types
            shares_memory""",
        "Write to a traced array ([item_assignment.md](item_assignment.md))": """
            at copyto putmask""",
        "Call Python functions": "frompyfunc fromfunction",
        "Deprecated by NumPy": "row_stack",
        "Make arrays of shapes and Python objects; nothing traced goes in": """
            arange bartlett blackman diag_indices empty eye from_dlpack frombuffer
            fromiter hamming hanning identity indices mask_indices ones
            tril_indices triu_indices zeros""",
        "Take traced values in fgrad's own spelling": "asarray",
    },
    "scipy.special": {"The same as `numpy.sinc`": "sinc"},
    "random": {
        "Keys ([random.md](random.md))": """
            PRNGKey clone fold_in key key_data key_dtype key_impl split
            wrap_key_data""",
        "Take a key and a shape, no array": """
            bits cauchy exponential gumbel laplace logistic maxwell normal orthogonal
            rademacher""",
        "The primitive behind `gamma`": "random_gamma_p",
    },
    "nn.initializers": {
        "Take a key and a shape, no array": """
            glorot_normal glorot_uniform he_normal he_uniform kaiming_normal
            kaiming_uniform lecun_normal lecun_uniform ones xavier_normal
            xavier_uniform zeros""",
    },
    "lax": {
        "Control flow and solvers ([control_flow.md](control_flow.md))": """
            associative_scan cond custom_linear_solve custom_root fori_loop map
            platform_dependent scan switch while_loop""",
        "Collectives ([vmap.md](vmap.md))": """
            all_gather all_to_all axis_index axis_size pbroadcast pmax pmean pmin
            ppermute pshuffle psum psum_scatter pswapaxes""",
        "Types, for annotations": "DotDimensionNumbers",
    },
    "scipy.linalg": {"Raise on traced values": "funm"},
    "scipy.optimize": {
        "Searches, which cannot be traced ([scipy_solvers.md](scipy_solvers.md))": """
            least_squares minimize root""",
    },
    "numpy.ndarray": {
        "Raise on traced values: they have no memory of their own": """
            byteswap dump dumps getfield item resize setfield setflags tobytes tofile
            tolist view""",
        "Write to the array ([item_assignment.md](item_assignment.md))": """
            fill partition put sort""",
        "Of integers that are traced": "choose",
    },
}
