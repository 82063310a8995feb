module tally/rtmpout/interop

go 1.26.8

require (
	github.com/bluenviron/gortmplib v1.0.0
	github.com/bluenviron/mediacommon/v2 v2.9.2
	github.com/q191201771/lal v0.37.4
	golang.org/x/sys v0.30.0
	tally v0.0.0
)

require (
	github.com/abema/go-mp4 v1.7.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/q191201771/naza v0.30.48 // indirect
)

replace tally => ../..
