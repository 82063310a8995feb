package app

import "fmt"

// say makes a sentence for people.
func say(format string, args ...any) string { return fmt.Sprintf(format, args...) }
