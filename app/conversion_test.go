package app

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"sync/atomic"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/capture"
	"tally/capture/libav"
)

// webcam delivers pictures of one kind, as a camera does.
type webcam struct {
	clock         capture.Clock
	format        capture.PixelFormat
	color         capture.Color
	width, height int
}

func (c webcam) Run(ctx context.Context, sink capture.Sink) error {
	beat := capture.NewBeat(c.clock, 30)
	picture := make([]byte, c.format.Bytes(c.width, c.height))
	if c.format == capture.MJPEG {
		img := image.NewYCbCr(image.Rect(0, 0, c.width, c.height), image.YCbCrSubsampleRatio420)
		for i := range img.Y {
			img.Y[i] = byte(i)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			return err
		}
		picture = b.Bytes()
	}
	for {
		if _, err := beat.Wait(ctx); err != nil {
			return err
		}
		f := capture.NewFrame(c.format, c.width, c.height, picture)
		f.PTS, f.Color = c.clock.Now(), c.color
		sink.Video(f)
	}
}

// counted counts what a source delivers.
type counted struct {
	capture.Source
	n *atomic.Int64
}

func (c counted) Run(ctx context.Context, sink capture.Sink) error {
	deliver := sink.Video
	sink.Video = func(f *capture.Frame) { c.n.Add(1); deliver(f) }
	return c.Source.Run(ctx, sink)
}

// TestOneConversion holds that a picture is converted, in colour and size together, once on
// its way from the source to the encoder, and not at all when it has the right form; and
// once more if the window shows it.
func TestOneConversion(t *testing.T) {
	desktop := apptest.StartDesktop(t, "320x180")
	desktop.Play(t, apptest.MakeFilm(t, "320x180", 30, 20), nil)
	t.Setenv("DISPLAY", desktop.Display)
	t.Setenv("WAYLAND_DISPLAY", "")
	for _, c := range []struct {
		name          string
		source        string // empty: the camera
		camera        webcam
		width, height int // of the show
		want          int64
	}{
		{"test card", "testcard", webcam{}, 320, 180, 0},
		{"camera, HD colours", "", webcam{format: capture.I420, width: 320, height: 180}, 320, 180, 0},
		{"camera, I420", "", webcam{format: capture.I420, color: capture.BT601Limited, width: 320, height: 180}, 320, 180, 1},
		{"camera, I420, larger", "", webcam{format: capture.I420, color: capture.BT601Limited, width: 640, height: 480}, 320, 180, 1},
		{"camera, MJPEG", "", webcam{format: capture.MJPEG, width: 320, height: 180}, 320, 180, 1},
		{"camera, MJPEG, larger", "", webcam{format: capture.MJPEG, width: 640, height: 480}, 320, 180, 1},
		{"screen", "screen", webcam{}, 320, 180, 1},
		{"screen, larger", "screen", webcam{}, 256, 160, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := smallShow()
			opts.Settings.Video.Source, opts.Settings.Video.Width, opts.Settings.Video.Height = c.source, c.width, c.height
			opts.Settings.Video.FPS = 30
			s := New(opts)
			var delivered atomic.Int64
			open := s.video.open
			s.video.open = func(ctx context.Context, w sourceWish) (found, error) {
				c.camera.clock = s.clock
				f, err := found{Source: c.camera, name: c.name, device: "camera:" + c.name}, error(nil)
				if c.source != "" {
					f, err = open(ctx, w)
				}
				f.Source = counted{f.Source, &delivered}
				return f, err
			}
			work(t, s)
			s.GoLive()
			await(t, s, "live", 20*time.Second, func(s Snapshot) bool { return s.State == Live && s.Video.FPS > 0 })

			// pictures are those that the source delivers, and that the program sends, while a
			// number of them pass; each may be on its way when the counting begins.
			const enough, onWay = 20, 3
			pass := func() (source, sent, conversions int64) {
				fromSource, repeats, before := delivered.Load(), s.picture.Repeated(), libav.Conversions()
				apptest.Until(t, 10*time.Second, "pictures pass", func() bool { return delivered.Load() >= fromSource+enough })
				conversions = libav.Conversions() - before
				source = delivered.Load() - fromSource
				return source, source + int64(s.picture.Repeated()-repeats), conversions
			}
			source, _, n := pass()
			t.Logf("without the window: %d conversions of %d pictures", n, source)
			if n > c.want*source+onWay || n < c.want*source/2 {
				t.Errorf("%d pictures were converted %d times, want %d each", source, n, c.want)
			}

			s.Preview().Resize(160, 90)
			s.Preview().ForScreen()
			shown := make(chan struct{})
			ctx, stop := context.WithCancel(t.Context())
			go func() {
				defer close(shown)
				for {
					select {
					case <-ctx.Done():
						return
					case <-s.Preview().Fresh():
						if f := s.Preview().Take(); f != nil {
							f.Release()
						}
					}
				}
			}()
			defer func() { stop(); <-shown }()
			source, sent, n := pass()
			t.Logf("with the window: %d conversions of %d pictures, of which %d were sent", n, source, sent)
			if n > c.want*source+sent+onWay || n < c.want*source/2+sent/3 {
				t.Errorf("%d pictures were converted %d times, want %d each and once for the window", source, n, c.want)
			}
		})
	}
}
