"""Calls of SciPy's special functions that are ufuncs."""

from . import Table

TABLE = Table(
    ours="fgrad.scipy.special",
    plain="scipy.special",
    calls="""
erf(A) erf(ODD) erf(Q) erf(F) erf(NONE) erfc(V) erfc(QV) erfcx(V) erfi(V) erfinv(P)
erfcinv(P) dawsn(V) dawsn(QV) wofz(QV) wofz(QV[::-2]) fresnel(V) fresnel(QV) ndtr(V)
ndtri(P) log_ndtr(V*20) ndtri_exp(-P) logit(P) logit(FV) expit(V*400) log_expit(BACK)
log_expit(FV*90) gamma(P) gamma(-P) gamma(FV) gammaln(A) gammaln(SCALAR) gammaln(ONE)
loggamma(P) digamma(P) digamma(-P) psi(F) psi(P[:0]) rgamma(V) gammasgn(V)
beta(P,P[:1]) betaln(P,FV) betaln(P,2.0) binom(P+3,P) poch(P,1.5) zeta(P+1.5)
zeta(P+1.5,P) zeta(3,P) zetac(P+2) gammainc(P,P[:,None]) gammaincc(P,2.0)
gammaincinv(P,P) gammainccinv(FV,P) betainc(P,P,.3) betainc(P,FV,P) betaincc(P,P+1,P)
betaincinv(P,P,P) betainccinv(P,2.0,P) stdtr(P+2,V) stdtrit(P+2,P) chdtr(P,P)
chdtrc(P,P) chdtri(P,P) fdtr(P,P,P) fdtrc(P,P+1,P) fdtri(P+1,P+2,P) gdtr(P,P,P)
gdtrc(P,P,P) pdtr(N,P) pdtrc(N,P) bdtr(N-1,5,P) bdtrc(N-1,5,P) nbdtr(N,3,P)
nbdtrc(N,3,P) j0(V) j1(V) y0(P) y1(P) i0(V) i1(V) i0e(V) i1e(V) k0(P) k1(P) k0e(P)
k1e(P) i0(F) jv(P,P) jv(2,V) jv(N,V) jn(2,V) yv(P,P) yn(2,P) iv(P,P) iv(1,V) kv(P,P)
kn(2,P) jve(P,P) yve(P,P) ive(P,P) kve(P,P) jv(P,QV) hankel1(P,QV) hankel2(1,QV)
hankel2(P,P) hankel1e(P,QV) hankel2e(P,P) struve(1,P) modstruve(1,P) airy(V) exp1(P)
exp1(QV) expi(P) expn(2,P) expn(N,P) spence(P) sici(P) sici(QV) shichi(P) owens_t(V,W)
hyp0f1(P,V) hyp1f1(P,P+1,V) hyp1f1(.5,P,2.0) hyp2f1(P,P+.1,P+1,P-.9) hyperu(P,P+1,P)
ellipk(P) ellipe(P) ellipkm1(P) ellipkinc(P,P) ellipeinc(V,P) agm(P,2.0) elliprc(P,P+1)
elliprd(P,P+1,P+2) elliprf(P,P+1,P+2) elliprg(P,P+1,P+2) elliprj(P,P+1,P+2,P+3) entr(P)
xlogy(P,P[::-1]) xlogy(QV,QV) xlog1py(P,V/2) rel_entr(P,FV) kl_div(P,P[:,None])
exprel(V) cosm1(V) log1p(P) expm1(V) exp2(V) exp10(V) cbrt(V) round(V) sindg(V)
cosdg(V) tandg(V) cotdg(P) radian(V,V,V) powm1(P,V) boxcox(P,V) boxcox1p(P,V)
inv_boxcox(P,P) inv_boxcox1p(P,P) huber(P,V) pseudo_huber(P,V) wrightomega(V)
softplus(V*100) eval_legendre(N,V) eval_legendre(0,V) eval_sh_legendre(2,P)
eval_chebyt(N,V) eval_chebyu(3,V) eval_chebyc(N,V) eval_chebys(3,V) eval_hermite(N,V)
eval_hermitenorm(N,BACK) eval_hermitenorm(3,F) eval_laguerre(N,V)
eval_genlaguerre(N,P,V) eval_gegenbauer(N,P,V) eval_jacobi(N,P,P[::-1],V)
eval_jacobi(2,.5,P[:,None],FV)
""",
    kinked=("gammasgn",),
)
