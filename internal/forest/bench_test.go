package forest_test

import (
	"math/rand/v2"
	"testing"

	"github.com/grouprules/groups/internal/forest"
)

const million = 1_000_000

// firm is a million people who report to one of those hired before them, about ten to one, in no order of
// number. It returns too who has some 100,000 below him.
func firm() (f *forest.Forest, boss uint32) {
	f = new(forest.Forest)
	r := rand.New(rand.NewPCG(1, 2))
	number := r.Perm(million)
	f.Put(uint32(number[0]), forest.Top)
	for i := 1; i < million; i++ {
		f.Put(uint32(number[i]), int32(number[max(0, (i-1-r.IntN(3))/10)]))
	}
	return f, uint32(number[3])
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		f, _ := firm()
		f.Tidy()
	}
}

func BenchmarkTidy(b *testing.B) {
	f, boss := firm()
	for i := int32(0); b.Loop(); i++ {
		f.Put(boss, i%2)
		f.Tidy()
	}
	b.ReportMetric(float64(f.Bytes())/million, "bytes/node")
}

func benchmarkBelow(b *testing.B, f *forest.Forest, boss uint32) {
	n := 0
	for b.Loop() {
		n = 0
		for range f.Below(boss, 0) {
			n++
		}
	}
	b.ReportMetric(float64(n), "nodes")
}

func BenchmarkBelow(b *testing.B) {
	f, boss := firm()
	b.Run("links", func(b *testing.B) { benchmarkBelow(b, f, boss) })
	f.Tidy()
	b.Run("labels", func(b *testing.B) { benchmarkBelow(b, f, boss) })
	for n := range uint32(100) {
		f.Put(n, forest.Top)
	}
	b.Run("labels with 100 moved to the top", func(b *testing.B) { benchmarkBelow(b, f, boss) })
}

func BenchmarkIsBelow(b *testing.B) {
	f, boss := firm()
	ask := func(b *testing.B) {
		for i := uint32(0); b.Loop(); i++ {
			f.IsBelow(i*7919%million, boss, 0)
		}
	}
	b.Run("links", ask)
	f.Tidy()
	b.Run("labels", ask)
	for n := range uint32(100) {
		f.Put(n, forest.Top)
	}
	b.Run("labels with 100 moved", ask)
}

func BenchmarkMove(b *testing.B) {
	f, _ := firm()
	move := func(b *testing.B) {
		for i := uint32(0); b.Loop(); i++ {
			f.Put(i*7919%million, int32(i%1000))
		}
	}
	b.Run("links", move)
	f.Tidy()
	b.Run("labels", move)
}
