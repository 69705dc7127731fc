"""Calls of SciPy's signal processing."""

import numpy as np

from . import Table

X = np.sin(np.arange(40) ** 1.2)

TABLE = Table(
    ours="fgrad.scipy.signal",
    calls="""
convolve(V,W[:3]) convolve(V,W[:2],"same") convolve(V[:3],W,"valid") convolve(A,C)
convolve(A,B,"same") convolve(A,B[:2,:2],"valid") convolve(V,W,method="fft")
convolve(QV,V) convolve(SCALAR,SCALAR) convolve(T,T[:1,:2,:2]) convolve(FV,FV)
convolve(A,B,"valid") correlate(V,W[:3]) correlate(V,W[:2],"same") correlate(V,QV)
correlate(V[:3],W,"valid") correlate(A,C,"full") correlate(A,B[:2,:2],"same")
correlate(QV,QV[:2],"valid") correlate(V,W,method="fft") correlate(V[:2],W,"same")
convolve2d(A,C) convolve2d(A,C,"same") convolve2d(A,C[:2],"valid")
convolve2d(A,C[:2],boundary="wrap") convolve2d(A,C[:3],"same",boundary="symm")
convolve2d(A,C[:2],"same","fill",2.) correlate2d(A,C) correlate2d(A,B[:2,:2],"same")
correlate2d(A,B[:3,:3],"same","wrap") correlate2d(A[:2,:2],B,"valid")
correlate2d(Q,Q[:2,:2]) correlate2d(A,B[:2,:2],boundary="symm")
fftconvolve(V,W) fftconvolve(A,C,"same") fftconvolve(A,C[:2],"valid")
fftconvolve(A,B,axes=1) fftconvolve(QV,V) fftconvolve(V[:2],W,"valid")
fftconvolve(A,B[:1],axes=(1,)) oaconvolve(V,W) detrend(V) detrend(A,0)
detrend(A,type="constant") detrend(V,bp=[2]) detrend(QV) detrend(ODD,axis=-2)
lfilter(P[:2],P[2:],V) lfilter(V,P[:1],W) lfilter(P,P[::-1],A,axis=0) lfilter(V,P,QV)
lfilter([1.,.5],P,T,axis=1)
welch(V,nperseg=4) welch(X*SCALAR,nperseg=8) welch(A,nperseg=3,axis=0,detrend=False)
welch(X*SCALAR,2.,"hamming",8,2,16,"linear",True,"spectrum",average="median")
welch(QV,nperseg=4,return_onesided=False) welch(V,window=P) csd(V,W,nperseg=4)
csd(X*SCALAR,V,nperseg=8) csd(V,W,nperseg=3,average="median") stft(V,nperseg=4)
stft(X*SCALAR,nperseg=8,noverlap=6) stft(A,nperseg=3,axis=0,padded=False)
stft(V,nperseg=4,boundary="even") stft(V,nperseg=4,boundary="odd",detrend="constant")
stft(V,nperseg=4,boundary=None) stft(V,2.,nperseg=4,nfft=6,boundary="constant")
stft(QV,nperseg=4,return_onesided=False) stft(X*SCALAR,nperseg=8,scaling="psd")
istft(Q[:3],nperseg=4) istft(Q,nperseg=4,noverlap=3,window="boxcar",boundary=False)
istft(Q,input_onesided=False,nperseg=3) istft(Q.T,time_axis=0,freq_axis=1,scaling="psd")
istft(T[:,:3]+0j,nperseg=4,window="hamming",fs=2.)
""",
    coarse=("",),  # SciPy's transforms and sums are other code than NumPy's
    names={"X": X},
)
