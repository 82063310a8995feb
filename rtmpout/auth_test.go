package rtmpout_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// authServer refuses until the query of the application has the right answer.
func authServer(t *testing.T, check func(query map[string]string) (description string, ok bool)) *rtmptest.Server {
	return listen(t, rtmptest.Config{Connect: func(p rtmptest.Publication) error {
		_, list, _ := strings.Cut(p.App, "?")
		query := map[string]string{}
		for pair := range strings.SplitSeq(list, "&") {
			name, value, _ := strings.Cut(pair, "=")
			query[name] = value
		}
		if !strings.Contains(p.URL, list) {
			t.Errorf("tcUrl %q, app %q", p.URL, p.App)
		}
		if description, ok := check(query); !ok {
			return &rtmptest.Reject{Code: "NetConnection.Connect.Rejected", Description: "[ AccessManager.Reject ] : " + description}
		}
		return nil
	}})
}

func b64md5(s string) string {
	h := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(h[:])
}

func hexmd5(s string) string {
	h := md5.Sum([]byte(s))
	return hex.EncodeToString(h[:])
}

func tryAuth(t *testing.T, srv *rtmptest.Server, userinfo string) error {
	server := strings.Replace(srv.URL("app"), "rtmp://", "rtmp://"+userinfo, 1)
	_, err := rtmpout.Probe(within(t, 5*time.Second), target(t, server, "k"), avOptions())
	return err
}

// U1: Adobe's authentication in three connections.
func TestU1AdobeAuth(t *testing.T) {
	for _, opaque := range []string{"", "&opaque=T3BhcXVl"} {
		srv := authServer(t, func(q map[string]string) (string, bool) {
			switch {
			case q["authmod"] == "":
				return "[ code=403 need auth; authmod=adobe ] : ", false
			case q["user"] != "joe":
				return "[ authmod=adobe ] : ?reason=nosuchuser", false
			case q["response"] == "":
				return "[ authmod=adobe ] : ?reason=needauth&user=joe&salt=c2FsdA==&challenge=Y2hhbA==" + opaque, false
			}
			theirs := "Y2hhbA=="
			if opaque != "" {
				if theirs = "T3BhcXVl"; q["opaque"] != theirs {
					t.Errorf("opaque %q", q["opaque"])
				}
			}
			if q["response"] != b64md5(b64md5("joec2FsdA==secret")+theirs+q["challenge"]) {
				return "[ authmod=adobe ] : ?reason=authfailed&opaque=x", false
			}
			return "", true
		})
		if err := tryAuth(t, srv, "joe:secret@"); err != nil {
			t.Error(err)
		}
		if n := srv.Connections(); n != 3 {
			t.Errorf("%d connections", n)
		}
		for userinfo, want := range map[string]rtmpout.AuthReason{"": rtmpout.AuthNeeded, "joe:wrong@": rtmpout.AuthFailed, "ann:secret@": rtmpout.AuthFailed} {
			if e := causeAs[*rtmpout.AuthError](t, tryAuth(t, srv, userinfo), rtmpout.StepConnect); e.Reason != want {
				t.Errorf("%q: %v", userinfo, e)
			}
		}
	}
}

// U1: words of the server that are also in the key or the password are understood, and
// still not shown.
func TestU1SecretInWords(t *testing.T) {
	srv := authServer(t, func(q map[string]string) (string, bool) {
		switch {
		case q["authmod"] == "":
			return "[ code=403 need auth; authmod=adobe ] : ", false
		case q["response"] == "":
			return "[ authmod=adobe ] : ?reason=needauth&user=joe&salt=c2FsdA==&challenge=Y2hhbA==", false
		}
		return "", q["response"] == b64md5(b64md5("joec2FsdA==needauth")+"Y2hhbA=="+q["challenge"])
	})
	server := strings.Replace(srv.URL("app"), "rtmp://", "rtmp://joe:needauth@", 1)
	if _, err := rtmpout.Probe(within(t, 5*time.Second), target(t, server, "adobe"), avOptions()); err != nil {
		t.Error(err)
	}
}

// U2: Limelight's digest authentication.
func TestU2LimelightAuth(t *testing.T) {
	srv := authServer(t, func(q map[string]string) (string, bool) {
		switch {
		case q["authmod"] == "":
			return "[ code=403 need auth; authmod=llnw ] : ", false
		case q["response"] == "":
			return "[ authmod=llnw ] : ?reason=needauth&user=joe&nonce=abc", false
		}
		want := hexmd5(hexmd5("joe:live:secret") + ":abc:" + q["nc"] + ":" + q["cnonce"] + ":auth:" + hexmd5("publish:/app/_definst_"))
		if q["nc"] != "00000001" || q["nonce"] != "abc" || q["response"] != want {
			return "[ authmod=llnw ] : ?reason=authfailed", false
		}
		return "", true
	})
	if err := tryAuth(t, srv, "joe:secret@"); err != nil {
		t.Error(err)
	}
	if e := causeAs[*rtmpout.AuthError](t, tryAuth(t, srv, "joe:wrong@"), rtmpout.StepConnect); e.Reason != rtmpout.AuthFailed {
		t.Error(e)
	}
}

// The key, the password and what a server repeats of them never show.
func TestSecretsNeverShow(t *testing.T) {
	srv := listen(t, rtmptest.Config{Publish: func(p rtmptest.Publication) (rtmptest.Receiver, error) {
		return nil, &rtmptest.Reject{Code: "NetStream.Publish.Denied", Description: "no stream " + p.Key + " here"}
	}})
	server := strings.Replace(srv.URL("app"), "rtmp://", "rtmp://joe:hunter22@", 1)
	to := target(t, server, "sup3rsecret?token=abc")
	_, err := rtmpout.Dial(within(t, 5*time.Second), to, avOptions())
	causeAs[*rtmpout.RejectedError](t, err, rtmpout.StepPublish)
	text, _ := to.MarshalText()
	out := fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v %s", to, to, to, to, to, to, to, struct{ T rtmpout.Target }{to}, struct{ t rtmpout.Target }{to}, text)
	out += fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, secret := range []string{"sup3rsecret", "token=abc", "hunter22", hex.EncodeToString([]byte("sup3r"))} {
		if strings.Contains(out, secret) {
			t.Errorf("%q shows in %s", secret, out)
		}
	}
	if !strings.Contains(to.String(), "•••") {
		t.Error(to.String())
	}
}
