package awake

import (
	"context"
	"os"
	"runtime"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/screensaver"
)

// screen stops the clock after which the X server itself darkens the screen. The
// server starts it again when the connection ends.
func screen(ctx context.Context) {
	if runtime.GOOS == "darwin" || os.Getenv("DISPLAY") == "" {
		return
	}
	conn, err := xgb.NewConn()
	if err != nil {
		return
	}
	defer conn.Close()
	if screensaver.Init(conn) != nil {
		return
	}
	if screensaver.SuspendChecked(conn, 1).Check() == nil {
		<-ctx.Done()
	}
}
