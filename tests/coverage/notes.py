"""What a table cannot find out: conventions, limits, and what is left out."""

NOTES = {
    "numpy.abs": "0 at 0",
    "numpy.absolute": "0 at 0",
    "numpy.fabs": "0 at 0",
    "numpy.argsort": "ties in the order of `kind=`",
    "numpy.clip": "half at an edge, as maximum and minimum",
    "numpy.cumprod": "exact where factors are 0",
    "numpy.fmax": "equal elements share the derivative",
    "numpy.fmin": "equal elements share the derivative",
    "numpy.hypot": "0 at 0",
    "numpy.linalg.cholesky": "reads the lower triangle; the gradient is symmetric",
    "numpy.linalg.norm": "0 at 0, for all orders",
    "numpy.linalg.vector_norm": "0 at 0, for all orders",
    "numpy.logaddexp": "exact where `exp` would overflow",
    "numpy.max": "equal maxima share the derivative",
    "numpy.amax": "equal maxima share the derivative",
    "numpy.maximum": "equal elements share the derivative: .5 at `maximum(x, 0)`",
    "numpy.median": "the derivative of the sorted elements in the middle",
    "numpy.min": "equal minima share the derivative",
    "numpy.amin": "equal minima share the derivative",
    "numpy.minimum": "equal elements share the derivative",
    "numpy.power": "`x**0.` has slope 0 at 0; `x**y` at x = 0, y > 1 has slopes 0",
    "numpy.prod": "exact where factors are 0: that of [0, 2, 3] is [6, 0, 0]",
    "numpy.sinc": "0 at 0",
    "numpy.sqrt": "inf at 0, the true limit",
    "numpy.std": "0 where all elements are equal",
    "numpy.nanstd": "0 where all elements are equal",
    "numpy.sort": "equal elements in the order of a stable sort",
    "numpy.where": "the derivative of the branch that is taken; finite there",
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
