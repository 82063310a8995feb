package ui

import (
	"time"

	"fyne.io/fyne/v2"
)

// notifier tells the desktop what somebody should know who does not see the
// window. When much happens at once, only the newest is told, and not too often.
type notifier struct {
	send    func(*fyne.Notification)
	sent    time.Time
	waiting *happening
}

// notifyEvery is the least time between two notifications.
const notifyEvery = 10 * time.Second

// tell takes what is new. It is called with every snapshot, also when nothing is.
func (n *notifier) tell(fresh []happening, seen bool, now time.Time) {
	for _, m := range fresh {
		if m.tell {
			n.waiting = &m
		}
	}
	if seen {
		n.waiting = nil // the window has told
	}
	if n.waiting == nil || now.Sub(n.sent) < notifyEvery {
		return
	}
	n.send(fyne.NewNotification(tr("Tally – %s", n.waiting.text), n.waiting.detail))
	n.waiting, n.sent = nil, now
}
