package main

import (
	"slices"
	"testing"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// BenchmarkChange follows one changed user after the other, and then many at once: what the library does of the job
// change. Whoever has changed changes back in the next round.
func BenchmarkChange(b *testing.B) {
	w := workload.New(*askedUsers, *askedGroups, 1)
	peer, err := openLibrary(b.Context(), w)
	if err != nil {
		b.Fatal(err)
	}
	l := peer.(*library)
	// follow takes in changes that the library has in its own words when the clock starts.
	follow := func(b *testing.B, changes []workload.Change) (ns float64) {
		users := make([]int32, len(changes))
		for i := range changes {
			users[i] = changes[i].User
		}
		learn := l.Learning(changes)
		start := time.Now()
		if err := learn(b.Context()); err != nil {
			b.Fatal(err)
		}
		if _, err := l.Touched(b.Context(), users, 0); err != nil {
			b.Fatal(err)
		}
		return since(start)
	}
	there := func(list []workload.Change) [][]workload.Change {
		back := slices.Clone(list)
		for i := range back {
			back[i].Now = w.Users[back[i].User]
		}
		return [][]workload.Change{list, back}
	}
	one, many := there(w.Events), there(w.Batch)
	for _, list := range one { // what is made once
		for i := range min(100, len(list)) {
			follow(b, list[i:i+1])
		}
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		var took []float64
		for i := 0; b.Loop(); i++ {
			list := one[i/len(w.Events)%2]
			at := i % len(list)
			took = append(took, follow(b, list[at:at+1]))
		}
		s := newSample(took...)
		b.ReportMetric(s.median(), "p50-ns")
		b.ReportMetric(s.at(0.99), "p99-ns")
	})
	b.Run("many", func(b *testing.B) {
		took := 0.0
		for i := 0; b.Loop(); i++ {
			took += follow(b, many[i%2])
		}
		b.ReportMetric(took/float64(b.N*len(w.Batch)), "ns/user")
	})
}
