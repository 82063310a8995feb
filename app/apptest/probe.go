package apptest

import (
	"encoding/json"
	"image"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Media is what ffprobe finds in a file.
type Media struct {
	Video *Video // nil: none
	Audio *Audio // nil: none
}

// Video describes a stream of pictures.
type Video struct {
	Codec, Profile         string // "h264", "High"
	PixelFormat            string // "yuv420p"
	Range, Space           string // "tv", "bt709"
	Width, Height, BFrames int
	Frames                 int
	FPS                    float64   // frames by the time that they last
	Kbps                   float64   // kbit/s, over the whole
	LongestGap             float64   // seconds from one picture to the next
	KeyIntervals           []float64 // seconds from one key frame to the next
	FirstIsKey             bool
	Begin, End             float64 // seconds
}

// Audio describes a stream of sound.
type Audio struct {
	Codec, Profile string // "aac", "LC"
	Rate, Channels int
	Kbps           float64
	LongestGap     float64 // seconds from one packet to the next; not the first, which MP4 puts at the start of the film
	Begin, End     float64
}

// Probe measures a file, packet by packet.
func Probe(t testing.TB, path string) Media {
	t.Helper()
	var found struct {
		Streams []struct {
			Index      int    `json:"index"`
			Type       string `json:"codec_type"`
			Codec      string `json:"codec_name"`
			Profile    string `json:"profile"`
			Width      int    `json:"width"`
			Height     int    `json:"height"`
			Pixel      string `json:"pix_fmt"`
			ColorRange string `json:"color_range"`
			ColorSpace string `json:"color_space"`
			BFrames    int    `json:"has_b_frames"`
			Rate       string `json:"sample_rate"`
			Channels   int    `json:"channels"`
		} `json:"streams"`
		Packets []struct {
			Stream int    `json:"stream_index"`
			PTS    string `json:"pts_time"`
			Size   string `json:"size"`
			Flags  string `json:"flags"`
		} `json:"packets"`
	}
	out := run(t, nil, "ffprobe", "-loglevel", "error", "-of", "json", "-show_streams", "-show_packets", path)
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("ffprobe %s: %v", path, err)
	}
	var m Media
	for _, s := range found.Streams {
		var times, keys []float64
		bytes, firstIsKey := 0.0, false
		for _, p := range found.Packets {
			at, err := strconv.ParseFloat(p.PTS, 64)
			if p.Stream != s.Index || err != nil {
				continue
			}
			key := strings.HasPrefix(p.Flags, "K")
			if key {
				keys = append(keys, at)
			}
			if len(times) == 0 {
				firstIsKey = key
			}
			times = append(times, at)
			size, _ := strconv.ParseFloat(p.Size, 64)
			bytes += size
		}
		if len(times) < 2 {
			continue
		}
		slices.Sort(times) // with B-frames, packets are not in the order of presentation
		begin, end := times[0], times[len(times)-1]
		kbps := bytes * 8 / 1000 / (end - begin)
		switch s.Type {
		case "video":
			m.Video = &Video{
				Codec: s.Codec, Profile: s.Profile, PixelFormat: s.Pixel, Range: s.ColorRange, Space: s.ColorSpace,
				Width: s.Width, Height: s.Height, BFrames: s.BFrames, Frames: len(times),
				FPS: float64(len(times)-1) / (end - begin), Kbps: kbps, LongestGap: slices.Max(steps(times)),
				KeyIntervals: steps(keys), FirstIsKey: firstIsKey, Begin: begin, End: end,
			}
		case "audio":
			rate, _ := strconv.Atoi(s.Rate)
			m.Audio = &Audio{
				Codec: s.Codec, Profile: s.Profile, Rate: rate, Channels: s.Channels, Kbps: kbps,
				LongestGap: slices.Max(append(steps(times[1:]), 0)), Begin: begin, End: end,
			}
		}
	}
	return m
}

// steps are the differences between neighbours.
func steps(times []float64) []float64 {
	var d []float64
	for i := 1; i < len(times); i++ {
		d = append(d, times[i]-times[i-1])
	}
	return d
}

// LastKey is the last key frame of a file, decoded.
func LastKey(t testing.TB, path string) *image.RGBA {
	t.Helper()
	v := Probe(t, path).Video
	if v == nil {
		t.Fatalf("%s has no picture", path)
		return nil
	}
	raw := run(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error", "-skip_frame", "nokey", "-i", path,
		"-map", "0:v:0", "-fps_mode", "passthrough", "-pix_fmt", "rgba", "-f", "rawvideo", "-")
	img := image.NewRGBA(image.Rect(0, 0, v.Width, v.Height))
	if len(raw) < len(img.Pix) {
		t.Fatalf("%s: no picture can be decoded", path)
	}
	copy(img.Pix, raw[len(raw)-len(img.Pix):])
	return img
}
