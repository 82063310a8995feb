package libav

/*
#include <stdlib.h>
#include "libav.h"
*/
import "C"

import (
	"io"
	"math"
	"sync"
	"time"
	"unsafe"
)

// Chapter is a named part of a media file.
type Chapter struct {
	Start, End time.Duration // since the beginning of the file
	Title      string
}

// Demuxer reads the packets of a file that holds H.264, HEVC or AV1 and AAC or
// Opus, as a [Muxer] writes them.
type Demuxer struct {
	mu sync.Mutex // guards c against Interrupt after Close
	c  *C.tally_demuxer
}

// Demuxed is one packet. Data are valid until the next call of Next.
type Demuxed struct {
	Video    bool
	Data     []byte
	PTS, DTS time.Duration // since the beginning of the file; Unknown when the file does not say
	Duration time.Duration
	Key      bool
}

// Unknown is a time that a file does not tell.
const Unknown = time.Duration(math.MinInt64)

// OpenDemuxer opens a file. A file that was cut off opens too, if its head is
// there. Errors are those of [Input.Open]. Close frees the demuxer.
func OpenDemuxer(path string) (*Demuxer, error) {
	name := C.CString("file:" + path)
	defer C.free(unsafe.Pointer(name))
	d := &Demuxer{}
	if err := failed("open file", C.tally_demuxer_open(&d.c, name)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Video describes the picture, and is nil when there is none.
func (d *Demuxer) Video() *VideoTrack {
	var p *C.AVCodecParameters
	var fps C.int
	if C.tally_demuxer_video(d.c, &p, &fps) == 0 {
		return nil
	}
	return &VideoTrack{Codec: C.GoString(C.avcodec_get_name(p.codec_id)), Width: int(p.width), Height: int(p.height), FPS: int(fps), Bitrate: int(p.bit_rate), Record: C.GoBytes(unsafe.Pointer(p.extradata), p.extradata_size)}
}

// Audio describes the sound, and is nil when there is none.
func (d *Demuxer) Audio() *AudioTrack {
	var p *C.AVCodecParameters
	if C.tally_demuxer_audio(d.c, &p) == 0 {
		return nil
	}
	size := int(p.frame_size)
	if size == 0 {
		size = 1024 // AAC-LC
	}
	return &AudioTrack{Codec: C.GoString(C.avcodec_get_name(p.codec_id)), Priming: int(p.initial_padding), Rate: int(p.sample_rate), Channels: int(p.ch_layout.nb_channels), Bitrate: int(p.bit_rate), FrameSize: size, Record: C.GoBytes(unsafe.Pointer(p.extradata), p.extradata_size)}
}

// Chapters lists the file's chapters, at most 10 000.
func (d *Demuxer) Chapters() []Chapter {
	const most = 10_000
	var all []Chapter
	var start, end C.int64_t
	var title *C.char
	for n := 0; n < most && C.tally_demuxer_chapter(d.c, C.int(n), &start, &end, &title) != 0; n++ {
		all = append(all, Chapter{time.Duration(start), time.Duration(end), C.GoString(title)})
	}
	return all
}

// Duration is what the file says about its length, 0 when it does not.
func (d *Demuxer) Duration() time.Duration {
	return max(0, time.Duration(d.c.fmt.duration)*time.Microsecond)
}

// Seek goes to the last key frame that is not after t.
func (d *Demuxer) Seek(t time.Duration) error {
	return failed("seek in file", C.tally_demuxer_seek(d.c, C.int64_t(t)))
}

// Next reads one packet into p. At the end, or where a file was cut off, it gives
// [io.EOF].
func (d *Demuxer) Next(p *Demuxed) error {
	kind := C.tally_demuxer_next(d.c)
	if kind == C.TALLY_END {
		return io.EOF
	}
	if err := failed("read file", kind); err != nil {
		return err
	}
	pkt := d.c.pkt
	*p = Demuxed{
		Video: kind == C.TALLY_VIDEO, Data: unsafe.Slice((*byte)(unsafe.Pointer(pkt.data)), int(pkt.size)),
		PTS: time.Duration(d.c.pts), DTS: time.Duration(d.c.dts), Duration: time.Duration(d.c.duration), Key: pkt.flags&C.AV_PKT_FLAG_KEY != 0,
	}
	return nil
}

// Interrupt makes a call that is under way, and all later ones, fail. It may be
// called from any goroutine, also after Close.
func (d *Demuxer) Interrupt() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.c != nil {
		C.tally_demuxer_interrupt(d.c)
	}
}

// Close frees the demuxer. It may be called more than once.
func (d *Demuxer) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	C.tally_demuxer_free(d.c)
	d.c = nil
}
