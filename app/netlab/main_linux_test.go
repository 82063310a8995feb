package netlab

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"tally/app/apptest"
)

var table = flag.String("table", "", "play all scripts and write the table of what came of it to this file")

// program is the tally under test: TALLY_BIN, or one that is built for the run.
var program string

// namespaced says that the test has its own network and mounts.
const namespaced = "TALLY_NETLAB"

func TestMain(m *testing.M) {
	flag.Parse()
	alone := []string{"--map-root-user", "--net", "--mount", "--propagation", "private"}
	if os.Getenv(namespaced) != "" || exec.Command("unshare", append(alone, "true")...).Run() != nil {
		os.Exit(apptest.RunWithTally(m, &program)) // in the namespace, or to say what is missing
	}
	again := exec.Command("unshare", append(append(alone, os.Args[0]), os.Args[1:]...)...)
	again.Env = append(os.Environ(), namespaced+"=1")
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	if err := again.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
