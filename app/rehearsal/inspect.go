package rehearsal

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"tally/app/words"
)

// Report is what arrived, as a service would see it.
type Report struct {
	VideoCodec  string // "H.264 High 3.1"; empty before it is known
	AudioCodec  string // "AAC-LC 48 kHz stereo"
	Width       int
	Height      int
	FPS         float64       // over the last two seconds, from time stamps
	KeyInterval time.Duration // the longest between two key frames: one that was asked for comes sooner
	AVOffset    time.Duration // the sound's time stamps ahead of the picture's, as they arrive; smoothed
	Bytes       int64
	Kbps        int // over the last two seconds
	Ended       bool
	Faults      []words.Sentence // what a service would mind
}

// inspector reads the messages of one stream. The server's goroutine writes, any
// may read the report.
type inspector struct {
	mu       sync.Mutex
	report   Report
	video    track
	audio    track
	lastKey  time.Duration
	keys     int
	frames   []time.Duration // time stamps of pictures of the last two seconds
	received []arrival       // of the last two seconds
	offsetMs float64
	measured bool
}

// track is what has been seen of one kind of message.
type track struct {
	configured bool
	seen       bool
	last       time.Duration
}

type arrival struct {
	at    time.Time
	bytes int
}

// lookBack is the time over which rates are taken.
const lookBack = 2 * time.Second

// longestKeyInterval is what most services take: Twitch and YouTube ask for 2 s,
// none for more than 4.
const longestKeyInterval = 4*time.Second + 100*time.Millisecond

// keptArrivals bounds what is remembered of two seconds: more messages than any
// encoder makes.
const keptArrivals = 2048

// Report is a copy of what is known now.
func (in *inspector) Report() Report {
	in.mu.Lock()
	defer in.mu.Unlock()
	r := in.report
	r.Faults = slices.Clone(r.Faults)
	return r
}

func (in *inspector) fault(text words.Sentence) {
	if len(in.report.Faults) < 8 && !slices.Contains(in.report.Faults, text) {
		in.report.Faults = append(in.report.Faults, text)
	}
}

// arrived counts a message of either kind. The caller holds in.mu.
func (in *inspector) arrived(now time.Time, size int) {
	in.report.Bytes += int64(size)
	in.received = append(in.received, arrival{now, size})
	for len(in.received) > keptArrivals || now.Sub(in.received[0].at) > lookBack {
		in.received = in.received[1:]
	}
	sum := 0
	for _, a := range in.received[1:] {
		sum += a.bytes
	}
	if span := now.Sub(in.received[0].at); span > lookBack/4 {
		in.report.Kbps = int(math.Round(float64(sum) * 8 / span.Seconds() / 1000))
	}
}

// onVideo takes the payload of a video message: FLV's VIDEODATA, Annex E.4.3.
func (in *inspector) onVideo(now time.Time, at time.Duration, data []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.arrived(now, len(data))
	switch {
	case len(data) < 5:
		in.fault("A video message is too short.")
		return
	case data[0]&0x80 != 0:
		in.enhancedVideo(at, data)
		return
	case data[0]&0x0f != 7:
		in.fault("The video is not H.264.")
		return
	}
	switch data[1] {
	case 0:
		if err := in.avcHeader(data[5:]); err != nil {
			in.fault("The H.264 header cannot be read.")
		}
	case 1:
		in.picture(at, data[0]>>4 == 1)
		in.units(data[5:])
	}
}

// avcHeader reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1) as
// far as its first SPS.
func (in *inspector) avcHeader(rec []byte) error {
	if len(rec) < 8 || rec[5]&0x1f == 0 {
		return errors.New("no SPS")
	}
	n := int(rec[6])<<8 | int(rec[7])
	if len(rec) < 8+n {
		return errors.New("truncated")
	}
	var sps h264.SPS
	if err := sps.Unmarshal(rec[8 : 8+n]); err != nil {
		return err
	}
	in.video.configured = true
	in.report.Width, in.report.Height = sps.Width(), sps.Height()
	in.report.VideoCodec = fmt.Sprintf("H.264 %s %d.%d", profile(sps.ProfileIdc), sps.LevelIdc/10, sps.LevelIdc%10)
	if v := sps.VUI; v == nil || !v.ColourDescriptionPresentFlag {
		in.fault("The video does not say which colours it uses.")
	}
	return nil
}

func profile(idc uint8) string {
	switch idc {
	case 66:
		return "Baseline"
	case 77:
		return "Main"
	case 100:
		return "High"
	}
	return fmt.Sprintf("profile %d", idc)
}

func (in *inspector) picture(at time.Duration, key bool) {
	switch {
	case !in.video.configured:
		in.fault("Pictures came before their header.")
	case !in.video.seen && !key:
		in.fault("The first picture was not a key frame.")
	case in.video.seen && at < in.video.last:
		in.fault("The time stamps of the picture went back.")
	}
	in.video.seen, in.video.last = true, at
	if key {
		if in.keys > 0 {
			in.report.KeyInterval = max(in.report.KeyInterval, at-in.lastKey)
		}
		in.keys++
		in.lastKey = at
	}
	if at-in.lastKey > longestKeyInterval {
		in.fault("Key frames are more than 4 s apart.")
	}
	in.frames = append(in.frames, at)
	for len(in.frames) > keptArrivals || at-in.frames[0] > lookBack {
		in.frames = in.frames[1:]
	}
	if span := at - in.frames[0]; span > 0 {
		in.report.FPS = math.Round(float64(len(in.frames)-1)/span.Seconds()*10) / 10
	}
}

// units looks at the NAL units of a picture.
func (in *inspector) units(data []byte) {
	if !validUnits(data) {
		in.fault("A picture is damaged.")
	}
}

// validUnits walks NAL units, each after its length in four bytes.
func validUnits(data []byte) bool {
	for len(data) > 0 {
		if len(data) < 5 {
			return false
		}
		n := int(data[0])<<24 | int(data[1])<<16 | int(data[2])<<8 | int(data[3])
		if n <= 0 || n > len(data)-4 || bytes.HasPrefix(data[4:], []byte{0, 0, 1}) {
			return false
		}
		data = data[4+n:]
	}
	return true
}

// onAudio takes the payload of an audio message: FLV's AUDIODATA, Annex E.4.2.
func (in *inspector) onAudio(now time.Time, at time.Duration, data []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.arrived(now, len(data))
	switch {
	case len(data) >= 5 && data[0]>>4 == 9:
		in.enhancedAudio(at, data)
	case len(data) < 3 || data[0]>>4 != 10:
		in.fault("The sound is not AAC.")
	case data[1] == 0:
		in.aacHeader(data[2:])
	default:
		in.sound(at)
	}
}

func (in *inspector) sound(at time.Duration) {
	if !in.audio.configured {
		in.fault("Sound came before its header.")
	}
	if in.audio.seen && at < in.audio.last {
		in.fault("The time stamps of the sound went back.")
	}
	if in.audio.seen && at-in.audio.last > 200*time.Millisecond {
		in.fault("The sound has gaps.")
	}
	in.audio.seen, in.audio.last = true, at
	in.offset()
}

func (in *inspector) aacHeader(data []byte) {
	var c mpeg4audio.AudioSpecificConfig
	if err := c.Unmarshal(data); err != nil {
		in.fault("The AAC header cannot be read.")
		return
	}
	in.audio.configured = true
	name := "AAC-LC"
	if c.Type != mpeg4audio.ObjectTypeAACLC {
		name = fmt.Sprintf("AAC type %d", c.Type)
	}
	in.report.AudioCodec = fmt.Sprintf("%s %g kHz %s", name, float64(c.SampleRate)/1000, layout(c.ChannelConfig))
}

func layout(channels uint8) string {
	switch channels {
	case 1:
		return "mono"
	case 2:
		return "stereo"
	}
	return fmt.Sprintf("layout %d", channels)
}

// offset compares what came last of each kind.
func (in *inspector) offset() {
	if !in.video.seen || !in.audio.seen {
		return
	}
	ms := float64((in.audio.last - in.video.last).Microseconds()) / 1000
	if !in.measured {
		in.offsetMs, in.measured = ms, true
	}
	in.offsetMs += (ms - in.offsetMs) / 100 // about two seconds of AAC frames
	in.report.AVOffset = time.Duration(in.offsetMs * float64(time.Millisecond))
	if in.report.AVOffset.Abs() > time.Second {
		in.fault("Picture and sound are more than a second apart.")
	}
}

func (in *inspector) ended() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.report.Ended = true
}
