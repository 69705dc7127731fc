"""Calls of SciPy's Fourier and cosine transforms."""

from . import Table

TABLE = Table(
    ours="fgrad.scipy.fft",
    calls="""
dct(V) dct(A,axis=0) dct(V,1) dct(V,3) dct(V,4) dct(V,norm="ortho") dct(V,n=7)
dct(V,2,3,norm="forward") dct(QV) dct(FV) dct(ODD,1,axis=-2,norm="ortho") dct(BACK)
idct(V) idct(A,axis=0) idct(V,1) idct(V,3) idct(V,4) idct(V,norm="ortho") idct(V,2,8)
idct(QV,norm="forward") dctn(A) dctn(T,axes=(0,2)) dctn(A,s=(4,4),norm="ortho")
idctn(A) idctn(T,3,axes=1) fft(V) rfft(A,axis=0) irfft(QV) fftn(A,(2,3)) hfft(QV)
fftshift(V) ihfft(V,norm="ortho") irfftn(Q,(3,5),axes=(0,1)) fft(QV,3) fft(F,axis=0)
rfft(FV,7,norm="forward") irfft(Q,7,0) fftn(T,axes=(0,-1),norm="ortho") hfft(Q,4,0)
fftshift(A,axes=1) ihfft(ODD,axis=0) irfftn(T+0j) fft2(A) fft2(T,(2,3),axes=(0,1))
ifft(QV) ifft(ODD,3,0,"forward") ifft2(Q) ifft2(F,norm="ortho") ifftn(T) ifftn(Q,(5,))
ifftshift(V) ifftshift(Q,axes=(0,)) irfft2(Q) irfft2(T+0j,(3,3),norm="forward")
rfft2(A) rfft2(F,axes=(1,0)) rfftn(T) rfftn(ODD,(3,),norm="ortho")
""",
    coarse=(
        "dctn",
        "idctn",
        "idct",
        "fft",
        "rfft",
        "irfft",
        "hfft",
        "ihfft",
        "ifft",
        "irfft",
    ),
)
