"""Special functions and Fourier transforms of ``fgrad.lax``."""

from . import Table

TABLE = Table(
    ours="fgrad.lax",
    calls="""
bessel_i0e(A) bessel_i0e(NONE) bessel_i0e(F) bessel_i1e(V*30) bessel_i1e(ODD)
bessel_i1e(SCALAR) betainc(P,P+1,P) betainc(P,2.0,P[:,None]) betainc(FV,FV,FV)
digamma(P) digamma(-P) digamma(FV) erf(A) erf(QV) erf(ONE) erf_inv(P) erf_inv(-FV)
erf_inv(NONE) erfc(V*5) erfc(F) igamma(P,P[:,None]) igamma(2.0,P) igamma(FV,FV)
igammac(P,P) igammac(P,3.0) igammac(NONE+1,2.0) igamma_grad_a(P,P+1)
igamma_grad_a(2.0,P) igamma_grad_a(P,P[:,None]) lgamma(A) lgamma(FV) lgamma(BACK)
polygamma(1.0,P) polygamma(0.0,P) polygamma(N*1.0,P) polygamma(2.0,NONE+1)
random_gamma_grad(P,P) random_gamma_grad(3.0,P+1) random_gamma_grad(P[:,None],P)
zeta(P+1.5,P) zeta(3.0,FV) zeta(P+2,1.0) fft(Q,"FFT",(3,4)) fft(Q[:,::-1],"IFFT",(4,))
fft(A,"RFFT",(4,)) fft(T,"RFFT",(3,4)) fft(Q,"IRFFT",(3,6)) fft(QV,"IRFFT",(9,))
fft(F,"RFFT",(4,)) fft(QV[:1],"FFT",(1,))
""",
)
