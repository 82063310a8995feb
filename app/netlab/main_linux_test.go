package netlab

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var table = flag.String("table", "", "play all scripts and write the table of what came of it to this file")

// program is the tally under test: TALLY_BIN, or one that is built for the run.
var program string

// namespaced says that the test has its own network and mounts.
const namespaced = "TALLY_NETLAB"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if program = os.Getenv("TALLY_BIN"); program == "" {
		dir, err := os.MkdirTemp("", "tally-netlab-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "tally")
		if out, err := exec.Command("go", "build", "-o", program, "tally/cmd/tally").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
	}
	alone := []string{"--map-root-user", "--net", "--mount", "--propagation", "private"}
	if os.Getenv(namespaced) != "" || exec.Command("unshare", append(alone, "true")...).Run() != nil {
		return m.Run() // in the namespace, or to say what is missing
	}
	again := exec.Command("unshare", append(append(alone, os.Args[0]), os.Args[1:]...)...)
	again.Env = append(os.Environ(), namespaced+"=1", "TALLY_BIN="+program)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	if err := again.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
