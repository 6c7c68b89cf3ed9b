package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A sample is how long something took, in nanoseconds, ascending.
type sample []float64

func newSample(nanoseconds ...float64) sample {
	slices.Sort(nanoseconds)
	return nanoseconds
}

// at is the value below which that part of the sample lies.
func (s sample) at(part float64) float64 {
	return s[min(len(s)-1, int(math.Ceil(part*float64(len(s)-1))))]
}

func (s sample) median() float64 { return s[len(s)/2] }

// since is the time that has gone by, in nanoseconds.
func since(start time.Time) float64 { return float64(time.Since(start).Nanoseconds()) }

// spelt writes a time with three digits.
func spelt(ns float64) string {
	for _, unit := range []struct {
		name string
		ns   float64
	}{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if ns >= 0.9995*unit.ns {
			return digits(ns/unit.ns) + " " + unit.name
		}
	}
	return digits(ns) + " ns"
}

// digits writes three significant digits, and whole numbers whole.
func digits(x float64) string {
	switch {
	case x >= 99.95:
		return thousands(int(math.Round(x)))
	case x >= 9.995:
		return fmt.Sprintf("%.1f", x)
	case x >= 0.9995:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.2g", x)
}

// thousands writes a number with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
