package clip

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Track is four seconds of one codec: as Clip's pictures or sound are, but for the
// encoder.
type Track struct {
	Config  []byte // decoder configuration record, as MP4 has it; nil if there is none
	Packets []Packet
}

// Encode runs ffmpeg with an encoder and its options. Times begin at 0.
func Encode(video bool, encoder string, options ...string) (*Track, error) {
	dir, err := os.MkdirTemp("", "clip")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "track.mp4")
	args := []string{"-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "4", "-ac", "2", "-c:a", encoder}
	if video {
		args = []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-t", "4", "-pix_fmt", "yuv420p", "-g", "30", "-c:v", encoder}
	}
	args = append(append(args, options...), "-strict", "-2", path)
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w: %s", err, out)
	}
	return readMP4(path)
}

// readMP4 lets ffprobe find the packets.
func readMP4(path string) (*Track, error) {
	out, err := exec.Command("ffprobe", "-v", "error", "-show_data", "-show_entries", "stream=codec_type,extradata", "-of", "json", path).Output()
	if err != nil {
		return nil, fmt.Errorf("ffprobe: %w", err)
	}
	packets, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "packet=pts_time,dts_time,size,pos,flags", "-of", "json", path).Output()
	if err != nil {
		return nil, fmt.Errorf("ffprobe: %w", err)
	}
	var found struct {
		Streams []struct {
			Type      string `json:"codec_type"`
			Extradata string
		}
		Packets []struct {
			PTS   string `json:"pts_time"`
			DTS   string `json:"dts_time"`
			Size  string
			Pos   string
			Flags string
		}
	}
	for _, b := range [][]byte{out, packets} {
		if err := json.Unmarshal(b, &found); err != nil {
			return nil, fmt.Errorf("ffprobe: %w", err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := new(Track)
	if t.Config, err = parseDump(found.Streams[0].Extradata); err != nil {
		return nil, err
	}
	var first time.Duration
	for i, p := range found.Packets {
		pos, err1 := strconv.Atoi(p.Pos)
		size, err2 := strconv.Atoi(p.Size)
		dts, err3 := time.ParseDuration(p.DTS + "s")
		pts, err4 := time.ParseDuration(p.PTS + "s")
		if err1 != nil || err2 != nil || err3 != nil || err4 != nil || pos+size > len(file) {
			return nil, fmt.Errorf("ffprobe: packet %+v", p)
		}
		if i == 0 {
			first = dts
		}
		t.Packets = append(t.Packets, Packet{
			Video: found.Streams[0].Type == "video", Key: strings.HasPrefix(p.Flags, "K"),
			DTS: dts - first, PTS: pts - first, Data: file[pos : pos+size],
		})
	}
	return t, nil
}

// parseDump reads "00000000: 0101 6000 …  text" lines.
func parseDump(s string) ([]byte, error) {
	var b []byte
	for line := range strings.Lines(s) {
		_, rest, ok := strings.Cut(strings.TrimRight(line, "\n"), ": ")
		if !ok {
			continue
		}
		part, err := hex.DecodeString(strings.ReplaceAll(rest[:min(len(rest), 40)], " ", ""))
		if err != nil {
			return nil, fmt.Errorf("ffprobe: extradata %q: %w", line, err)
		}
		b = append(b, part...)
	}
	return b, nil
}
