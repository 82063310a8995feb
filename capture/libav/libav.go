package libav

/*
#cgo pkg-config: libavcodec libavformat libavutil libswscale libswresample
#cgo CFLAGS: -O3 -std=gnu11 -Wall
#cgo LDFLAGS: -lm
#include "libav.h"
*/
import "C"

import (
	"fmt"
	"os"
)

func init() {
	C.tally_quiet()
	if _, set := os.LookupEnv("SVT_LOG"); !set { // SVT-AV1 would write to stderr by itself
		os.Setenv("SVT_LOG", "0")
	}
}

// Versions names the libraries that are in use, for a report: "libavcodec
// 59.37.100".
func Versions() string {
	v := uint(C.tally_codec_version())
	return fmt.Sprintf("libavcodec %d.%d.%d", v>>16, v>>8&0xff, v&0xff)
}
