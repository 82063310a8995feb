package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

// upside is a language: it says everything in brackets.
var upside = Language{
	Text: func(format string, args ...any) string { return fmt.Sprintf("<"+format+">", args...) },
	Count: func(n int, one, many string, args ...any) string {
		return "<" + English.Count(n, one, many, args...) + ">"
	},
}

func TestSentences(t *testing.T) {
	type kbps int
	why := Say("nothing listens on port %d.", uint16(1935))
	for _, tt := range []struct {
		is             Sentence
		english, other string
	}{
		{"", "", ""},
		{"The disk is full.", "The disk is full.", "<The disk is full.>"},
		{"100%% sure", "100% sure", "<100% sure>"},
		{Say("%s took nothing for %.1f s.", "a:1935", 2.25), "a:1935 took nothing for 2.2 s.", "<a:1935 took nothing for 2.2 s.>"},
		{Say("%d of %[1]d, %.0f", kbps(3), 4.0), "3 of 3, 4", "<3 of 3, 4>"},
		{Say("Connecting to %s failed: %s", "a", why), "Connecting to a failed: nothing listens on port 1935.", "<Connecting to a failed: <nothing listens on port 1935.>>"},
		{Say("%s: %v, %v", "x\x00s99:y", time.Second, errors.New("broken")), "x\x00s99:y: 1s, broken", "<x\x00s99:y: 1s, broken>"},
		{Count(1, "%d picture is missing.", "%d pictures are missing."), "1 picture is missing.", "<1 picture is missing.>"},
		{Count(5, "%d picture in %s", "%d pictures in %s", "a.mkv"), "5 pictures in a.mkv", "<5 pictures in a.mkv>"},
	} {
		if got := fmt.Sprint(tt.is); got != tt.english {
			t.Errorf("in English: %q, want %q", got, tt.english)
		}
		if got := tt.is.In(upside); got != tt.other {
			t.Errorf("in another language: %q, want %q", got, tt.other)
		}
		data, err := json.Marshal(tt.is)
		if want, _ := json.Marshal(tt.english); err != nil || string(data) != string(want) {
			t.Errorf("JSON is %s, want %s", data, want)
		}
	}
	one, again := Say("%d", 1), Say("%d", 1)
	if one != again || one == Say("%d", 2) || one == Say("%s", "1") {
		t.Error("sentences do not compare")
	}
}

// A text that was read comes from outside: it has no arguments, whatever it holds.
func TestReadSentence(t *testing.T) {
	for text, want := range map[string]string{
		"The disk is full.": "The disk is full.", "50% of it": "50% of it", "%s %d": "%s %d", "a\x00s1:b": "as1:b", "\x00": "",
	} {
		data, _ := json.Marshal(text)
		var s Sentence
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		if got := s.String(); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
	var s Sentence
	if json.Unmarshal([]byte("5"), &s) == nil {
		t.Error("a number was read as a sentence")
	}
}

// What was written to a file in English can be said in another language again.
func TestKeptSentences(t *testing.T) {
	type event struct {
		At    int
		Cause Sentence
		Time  time.Time
	}
	type report struct {
		Title  Sentence
		Events []event
		Last   *event
	}
	was := report{"The disk is full.", []event{{1, Say("%s did not answer.", "a"), time.Now()}}, &event{2, Count(2, "%d picture is missing.", "%d pictures are missing."), time.Time{}}}
	data, err := json.Marshal(struct {
		Report    report
		Sentences Kept
	}{was, Keep(&was)})
	if err != nil {
		t.Fatal(err)
	}
	var is struct {
		Report    report
		Sentences Kept
	}
	if err := json.Unmarshal(data, &is); err != nil {
		t.Fatal(err)
	}
	if is.Sentences["a did not answer."] = "%s deletes everything.\x00s1:b"; len(is.Sentences) != 2 {
		t.Errorf("%d sentences are kept: those without arguments need no help", len(is.Sentences))
	}
	is.Sentences.Restore(&is.Report)
	if got := is.Report.Events[0].Cause.String(); got != "a did not answer." {
		t.Errorf("a file put words into Tally's mouth: %s", got)
	}
	is.Sentences = Keep(&was)
	is.Sentences.Restore(&is.Report)
	for _, s := range []struct {
		is   Sentence
		want string
	}{
		{is.Report.Title, "<The disk is full.>"},
		{is.Report.Events[0].Cause, "<a did not answer.>"},
		{is.Report.Last.Cause, "<2 pictures are missing.>"},
	} {
		if got := s.is.In(upside); got != s.want {
			t.Errorf("%q, want %q", got, s.want)
		}
	}
}

func FuzzSentence(f *testing.F) {
	f.Add("%s\x00s1:a")
	f.Add("a\x001-1:b\x00i1:x")
	f.Fuzz(func(t *testing.T, s string) { _ = Sentence(s).String() })
}
