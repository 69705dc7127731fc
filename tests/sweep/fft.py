"""Calls of NumPy's Fourier transforms."""

from . import Table

TABLE = Table(
    ours="fgrad.numpy.fft",
    plain="numpy.fft",
    calls="""
fft(V) fft(QV) fft(A) fft(Q,axis=0) fft(T,axis=-2) fft(V,8) fft(QV,3) fft(QV,n=1)
fft(V,norm="ortho") fft(QV,norm="forward") fft(ODD) fft(ODD,axis=0) fft(BACK)
fft(FV) fft(F.astype(np.complex64),axis=0) fft(ONE) fft(V+N)
ifft(V) ifft(QV) ifft(Q,axis=0) ifft(QV,8) ifft(QV,3,norm="ortho")
ifft(QV,norm="forward") ifft(FV) ifft(Q.T)
rfft(V) rfft(A) rfft(A,axis=0) rfft(T,axis=1) rfft(V,8) rfft(V,7) rfft(V,4) rfft(V,3)
rfft(V,1) rfft(V,norm="ortho") rfft(A,norm="forward") rfft(ODD) rfft(BACK,6) rfft(FV)
rfft(F,6,0,"ortho") rfft(A[:,:1]) rfft(np.zeros((0,3))*V[0])
irfft(QV) irfft(QV,9) irfft(QV,7) irfft(QV,6) irfft(QV,12) irfft(QV,3) irfft(QV,1)
irfft(Q,axis=0) irfft(Q,axis=0,norm="ortho") irfft(Q,5,norm="forward") irfft(V)
irfft(FV.astype(np.complex64)) irfft(Q.T,n=4)
hfft(QV) hfft(QV,7) hfft(Q,axis=0,norm="ortho") hfft(QV,norm="forward") hfft(V)
ihfft(V) ihfft(A,6,0) ihfft(V,norm="ortho") ihfft(V,norm="forward") ihfft(FV)
fft2(A) fft2(Q,(5,2)) fft2(T,norm="ortho") fft2(T,axes=(0,1)) fft2(Q,axes=(1,0))
ifft2(Q) ifft2(T,(2,2),(0,2),"forward") rfft2(A) rfft2(T,(5,3)) rfft2(A,axes=(1,0))
rfft2(F,norm="ortho") irfft2(Q) irfft2(Q,(3,5)) irfft2(Q,axes=(1,0),norm="ortho")
fftn(T) fftn(T,axes=(0,2)) fftn(A,axes=(0,0)) fftn(T,(3,-1),(2,0)) fftn(Q,norm="ortho")
fftn(F) fftn(V,axes=()) ifftn(T) ifftn(Q,axes=(1,)) ifftn(A,(2,),(0,),"forward")
rfftn(T) rfftn(T,(3,3),(0,1)) rfftn(T,axes=(2,0),norm="ortho") rfftn(A,(-1,5),(0,1))
rfftn(F) irfftn(Q) irfftn(Q,(3,5),(0,1)) irfftn(T,axes=(0,1),norm="forward")
irfftn(Q,(-1,7),(0,1)) fftshift(V) fftshift(A) fftshift(A,1) fftshift(T,(0,-1))
fftshift(NONE) ifftshift(V) ifftshift(A) ifftshift(A,-2) ifftshift(Q,axes=[0])
fftfreq(5,P[0]) fftfreq(4,d=SCALAR) rfftfreq(5,P[0]) rfftfreq(4,SCALAR)
""",
    kinked=("fft(F.astype(np.c", "irfft(FV.astype(np.c"),  # single precision
)
