package program

// Level is how loud the sound that goes out is, in dB of full scale.
type Level struct {
	PeakDB  float64 // highest sample of the last 50 ms; -96 is silence
	RMSDB   float64 // of the last 300 ms
	Clipped bool    // a sample reached full scale within the last two seconds
}
