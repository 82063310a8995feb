// Tally is a desktop studio for people who go live from a laptop. Without
// arguments it opens its window; its commands do the same things without one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	_ "earlylocale" // before Fyne

	"tally/app"
)

// Exit statuses, as the README promises them.
const (
	exitOK    = 0 // ended as asked
	exitFail  = 1 // failed; the cause is on stderr
	exitUsage = 2 // wrong usage
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `Tally goes live from a laptop.

  tally                    open the window
  tally stream [flags]     go live without a window
  tally devices [--json]   what there is to capture from
  tally probe --url URL    check a destination without going live
  tally version

  tally COMMAND --help     the flags of a command
`

// run is main without the process around it.
func run(args []string, stdout, stderr io.Writer) int {
	// The first Ctrl-C ends a show properly; commands arrange for a second one.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "":
		err = window(ctx)
	case "stream":
		err = stream(ctx, stop, args, stdout)
	case "devices":
		err = devices(ctx, args, stdout)
	case "probe":
		err = probe(ctx, args, stdout)
	case "version", "--version", "-v":
		fmt.Fprintln(stdout, "tally", app.Version)
	case "help", "--help", "-h":
		fmt.Fprint(stdout, usage)
	default:
		err = usageError{fmt.Errorf("there is no command %q; see tally --help", command)}
	}
	return report(err, stdout, stderr)
}

// usageError is a mistake in the command line.
type usageError struct{ error }

// helpAsked carries the help that was asked for.
type helpAsked string

func (h helpAsked) Error() string { return string(h) }

// report tells the user what went wrong and chooses the exit status.
func report(err error, stdout, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	if help, ok := errors.AsType[helpAsked](err); ok {
		fmt.Fprint(stdout, string(help))
		return exitOK
	}
	if u, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(stderr, "tally:", u.Error())
		return exitUsage
	}
	if p, ok := errors.AsType[problemError](err); ok {
		fmt.Fprintln(stderr, "tally:", p.Title, p.Advice)
		return exitFail
	}
	p := app.Explain(err)
	fmt.Fprintln(stderr, "tally:", p.Title, p.Advice)
	return exitFail
}

// problemError is a problem that the studio has explained already.
type problemError struct{ app.Problem }

func (p problemError) Error() string { return p.Title.String() }

// parse reads flags and refuses anything after them.
func parse(flags *flag.FlagSet, args []string) error {
	var help helpText
	flags.SetOutput(&help)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return helpAsked(help)
	}
	if err != nil {
		return usageError{err}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("%s takes no argument %q", flags.Name(), flags.Arg(0))}
	}
	return nil
}

type helpText string

func (h *helpText) Write(p []byte) (int, error) { *h += helpText(p); return len(p), nil }
