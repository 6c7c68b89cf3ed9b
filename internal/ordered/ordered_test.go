package ordered_test

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/ordered"
	"pgregory.net/rapid"
)

func TestMapIsAMapWhoseRowsAreASnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m ordered.Map[string, int]
		model := make(map[string]int)
		type shot struct {
			rows ordered.Rows[string, int]
			want string
		}
		var shots []shot
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 30).Draw(t, "key")) })
		look := func() string {
			var out []string
			for _, k := range slices.Sorted(maps.Keys(model)) {
				out = append(out, fmt.Sprint(k, "=", model[k]))
			}
			return fmt.Sprint(out)
		}
		show := func(rows iter.Seq[ordered.Row[string, int]]) string {
			var out []string
			for r := range rows {
				out = append(out, fmt.Sprint(r.Key, "=", *r.Value))
			}
			return fmt.Sprint(out)
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k, v := key.Draw(t, "k"), rapid.Int().Draw(t, "v")
				m.Put(k, &v)
				model[k] = v
			},
			"take out": func(t *rapid.T) {
				k := key.Draw(t, "k")
				m.Put(k, nil)
				delete(model, k)
			},
			"read": func(*rapid.T) { shots = append(shots, shot{m.Rows(), look()}) },
			"": func(t *rapid.T) {
				if m.Len() != len(model) {
					t.Fatalf("%d rows, want %d", m.Len(), len(model))
				}
				for _, s := range shots {
					if got := show(s.rows.All()); got != s.want {
						t.Fatalf("a reader sees %s, began with %s", got, s.want)
					}
				}
			},
		})
	})
}

func TestRowsOfManyBlocks(t *testing.T) {
	// Blocks split, empty and are written to in their middle and at both ends.
	random := rand.New(rand.NewPCG(1, 2))
	var m ordered.Map[int, int]
	for range 40 {
		from, width := random.IntN(20_000), 1+random.IntN(6_000)
		for range random.IntN(3_000) {
			n := from + random.IntN(width)
			m.Put(n, &n)
		}
		from = random.IntN(20_000)
		for n := from; n < from+random.IntN(4_000); n++ {
			m.Put(n, nil)
		}
		rows := m.Rows()
		var keys []int
		for r := range rows.All() {
			if r.Key != *r.Value || m.Get(r.Key) != r.Value {
				t.Fatalf("row %d holds %d", r.Key, *r.Value)
			}
			keys = append(keys, r.Key)
		}
		if len(keys) != m.Len() || !slices.IsSorted(keys) {
			t.Fatalf("%d rows of %d, or not in order", len(keys), m.Len())
		}
		for range 100 {
			after := random.IntN(30_000) - 1
			at, found := slices.BinarySearch(keys, after)
			if found {
				at++
			}
			tail := rows.After(after)
			for again := range 2 {
				var got []int
				for r := range tail {
					got = append(got, r.Key)
					if len(got) == 3 {
						break
					}
				}
				if want := keys[at:min(at+3, len(keys))]; !slices.Equal(got, want) {
					t.Fatalf("after %d come %v (reading %d), want %v", after, got, again, want)
				}
			}
		}
	}
}

func BenchmarkRowsAfterOneWrite(b *testing.B) {
	var m ordered.Map[string, int]
	for i := range 100_000 {
		m.Put(fmt.Sprint(i), &i)
	}
	m.Rows()
	for i := 0; b.Loop(); i++ {
		m.Put(fmt.Sprint(i%100_000), &i)
		m.Rows()
	}
}
