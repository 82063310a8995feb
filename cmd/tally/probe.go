package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"tally/app"
	"tally/rtmpout"
)

// probeTimeout bounds all steps together.
const probeTimeout = 20 * time.Second

// caHelp describes --ca.
const caHelp = "PEM `file` with the certificate authority of your own server, for rtmps"

// probe is `tally probe`: every step up to connect, and nothing that viewers
// could see.
func probe(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("tally probe", flag.ContinueOnError)
	url := flags.String("url", "", "server `URL`, rtmp:// or rtmps://; a key in it is not used")
	ca := flags.String("ca", "", caHelp)
	if err := parse(flags, args); err != nil {
		return err
	}
	target, err := rtmpout.ParseTarget(*url, "")
	if bad, ok := errors.AsType[*rtmpout.URLError](err); ok && bad.Reason == rtmpout.URLNoKey {
		target, err = rtmpout.ParseServer(*url)
	}
	if err != nil {
		return usageError{errors.New(app.Explain(err).Title.String())}
	}
	authorities, err := app.ReadAuthorities(*ca)
	if err != nil {
		return usageError{errors.New(app.Explain(err).Title.String())}
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	fmt.Fprintln(stdout, target.ServerURL())
	result, err := rtmpout.Probe(ctx, target, rtmpout.Options{Encoder: "Tally " + app.Version, Authorities: authorities})
	for _, s := range result.Steps {
		fmt.Fprintf(stdout, "  %-12s ok  %6.1f ms\n", s.Step, float64(s.Took.Microseconds())/1000)
	}
	if err != nil {
		if e, ok := errors.AsType[*rtmpout.Error](err); ok {
			fmt.Fprintf(stdout, "  %-12s failed\n", e.Step)
		}
		return err
	}
	fmt.Fprintln(stdout, "The server answers. Whether it takes your key shows only when you go live.")
	return nil
}
