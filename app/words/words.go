// Package words holds sentences for people that are made far from the window, and
// are translated there.
package words

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Sentence is an English sentence that can still be said in another language: the
// format it was made of, and its arguments. A constant is one as it stands, so
// that Problem{Title: "The disk is full."} needs nothing else; what has arguments
// is made by [Say] and [Count]. A percent sign is written %% even without
// arguments.
//
// It is a string, so that sentences can be compared and cost little to copy. Never
// cut one up or glue one to another: a sentence may be an argument of a larger
// one. Printing it and its JSON form give the English text.
type Sentence string

// Behind the format, each argument stands as mark, kind, length, ':' and text.
const mark = "\x00"

const (
	kindText     = 's'
	kindWhole    = 'i'
	kindDecimal  = 'f'
	kindSentence = 'S'
	kindOne      = '1' // no argument: the format for one thing, of Count
)

// Say makes a sentence as fmt.Sprintf makes a text. The format is a constant: it
// is what translations are found by.
func Say(format string, args ...any) Sentence {
	if false {
		_ = fmt.Sprintf(format, args...) // lets vet check the arguments
	}
	var b strings.Builder
	b.WriteString(format)
	for _, a := range args {
		put(&b, a)
	}
	return Sentence(b.String())
}

// Count is Say for a sentence about n things, which is the first argument of
// both formats.
func Count(n int, one, many string, args ...any) Sentence {
	if false {
		_ = fmt.Sprintf(many, append([]any{n}, args...)...)
	}
	var b strings.Builder
	b.WriteString(many)
	field(&b, kindOne, one)
	put(&b, n)
	for _, a := range args {
		put(&b, a)
	}
	return Sentence(b.String())
}

func put(b *strings.Builder, arg any) {
	switch a := arg.(type) {
	case Sentence:
		field(b, kindSentence, string(a))
		return
	case fmt.Stringer, error:
		field(b, kindText, fmt.Sprint(a))
		return
	}
	switch v := reflect.ValueOf(arg); {
	case v.CanInt():
		field(b, kindWhole, strconv.FormatInt(v.Int(), 10))
	case v.CanUint():
		field(b, kindWhole, strconv.FormatUint(v.Uint(), 10))
	case v.CanFloat():
		field(b, kindDecimal, strconv.FormatFloat(v.Float(), 'g', -1, 64))
	default:
		field(b, kindText, fmt.Sprint(arg))
	}
}

func field(b *strings.Builder, kind byte, text string) {
	b.WriteString(mark)
	b.WriteByte(kind)
	b.WriteString(strconv.Itoa(len(text)))
	b.WriteByte(':')
	b.WriteString(text)
}

// Language says sentences: Text is fmt.Sprintf, and Count the same for a number of
// things, in that language.
type Language struct {
	Text  func(format string, args ...any) string
	Count func(n int, one, many string, args ...any) string
}

// English is the language that sentences are written in.
var English = Language{
	Text: fmt.Sprintf,
	Count: func(n int, one, many string, args ...any) string {
		format := many
		if n == 1 {
			format = one
		}
		return fmt.Sprintf(format, append([]any{n}, args...)...)
	},
}

// In says the sentence, and those that are its arguments, in a language.
func (s Sentence) In(l Language) string {
	if s == "" {
		return ""
	}
	format, rest, _ := strings.Cut(string(s), mark)
	one, counts := "", false
	var args []any
	for rest != "" {
		kind, text, after, ok := next(rest)
		if !ok {
			break
		}
		rest = after
		switch kind {
		case kindOne:
			one, counts = text, true
		case kindWhole:
			n, _ := strconv.ParseInt(text, 10, 64)
			args = append(args, n)
		case kindDecimal:
			x, _ := strconv.ParseFloat(text, 64)
			args = append(args, x)
		case kindSentence:
			args = append(args, Sentence(text).In(l))
		default:
			args = append(args, text)
		}
	}
	if counts && len(args) > 0 {
		n, _ := args[0].(int64)
		return l.Count(int(n), one, format, args[1:]...)
	}
	return l.Text(format, args...)
}

// next takes an argument off what stands behind a mark.
func next(rest string) (kind byte, text, after string, ok bool) {
	head, tail, found := strings.Cut(rest, ":")
	if !found || len(head) < 2 {
		return 0, "", "", false
	}
	n, err := strconv.Atoi(head[1:])
	if err != nil || n < 0 || n > len(tail) {
		return 0, "", "", false
	}
	return head[0], tail[:n], strings.TrimPrefix(tail[n:], mark), true
}

// String is the English text.
func (s Sentence) String() string { return s.In(English) }

// MarshalJSON writes the English text.
func (s Sentence) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads a text: one without arguments can be translated again.
func (s *Sentence) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*s = Sentence(strings.NewReplacer("%", "%%", mark, "").Replace(text))
	return nil
}
