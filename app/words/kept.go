package words

import (
	"reflect"
	"strings"
)

// Kept goes into a file beside a value whose sentences stand there in English. It has
// those with arguments as they were made, by their English text, so that they can be
// said in any language when they were read back.
type Kept map[string]string

// Keep collects the sentences in what v points to: in its exported fields, however
// deep, and in slices.
func Keep(v any) Kept {
	k := Kept{}
	each(reflect.ValueOf(v), func(s *Sentence) {
		if strings.Contains(string(*s), mark) {
			k[s.String()] = string(*s)
		}
	})
	return k
}

// Restore is the reverse of Keep. What a file claims to be the same and is not stays
// as it was read.
func (k Kept) Restore(v any) {
	each(reflect.ValueOf(v), func(s *Sentence) {
		if made := Sentence(k[s.String()]); made.String() == s.String() {
			*s = made
		}
	})
}

// each calls do for every sentence that can be set.
func each(v reflect.Value, do func(*Sentence)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			each(v.Elem(), do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				each(f, do)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			each(v.Index(i), do)
		}
	case reflect.String:
		if s, ok := v.Addr().Interface().(*Sentence); ok {
			do(s)
		}
	}
}
