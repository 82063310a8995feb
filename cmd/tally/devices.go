package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"tally/app"
	"tally/capture"
)

// deviceTimeout bounds the look-up: a hanging driver must not hang the command.
const deviceTimeout = 10 * time.Second

// devices is `tally devices`.
func devices(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("tally devices", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON: a list of devices with their formats")
	if err := parse(flags, args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deviceTimeout)
	defer cancel()
	found, missing := app.Devices(ctx)
	if *asJSON {
		if found == nil {
			found = []capture.Device{}
		}
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		return out.Encode(found)
	}
	table := tabwriter.NewWriter(stdout, 0, 4, 2, ' ', 0)
	for _, d := range found {
		fmt.Fprintf(table, "%s:%s\t%s\t%s\n", d.Kind, d.ID, d.Name, summary(d.Formats))
	}
	fmt.Fprintln(table, "testcard\tTest card with a clock, a flash and a frame counter\t")
	fmt.Fprintln(table, "tone\tTest tone with a beep each second\t")
	if err := table.Flush(); err != nil {
		return err
	}
	for _, p := range missing {
		fmt.Fprintln(stdout, p)
	}
	return nil
}

// summary names the largest picture of each pixel format, or the sound formats.
func summary(formats []capture.Format) string {
	best := map[string]capture.Format{}
	var order []string
	for _, f := range formats {
		if f.Width == 0 {
			order = append(order, fmt.Sprintf("%g kHz × %d", float64(f.Rate)/1000, f.Channels))
			continue
		}
		if b, ok := best[f.Pixel]; !ok {
			order = append(order, f.Pixel)
			best[f.Pixel] = f
		} else if f.Width*f.Height > b.Width*b.Height || f.Width == b.Width && f.Height == b.Height && f.FPS > b.FPS {
			best[f.Pixel] = f
		}
	}
	for i, name := range order {
		if f, ok := best[name]; ok {
			order[i] = strings.TrimSpace(fmt.Sprintf("%s %d×%d", name, f.Width, f.Height))
			if f.FPS > 0 {
				order[i] += fmt.Sprintf(" %.4g fps", f.FPS)
			}
		}
	}
	return strings.Join(order, ", ")
}
