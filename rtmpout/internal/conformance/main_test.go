package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestConformanceIsCurrent(t *testing.T) {
	want, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../CONFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("CONFORMANCE.md is old: run go generate ./rtmpout")
	}
	if strings.Contains(string(want), "**no test**") {
		t.Error("a row has no test")
	}
}
