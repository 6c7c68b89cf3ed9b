package pairs_test

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups/internal/pairs"
	"pgregory.net/rapid"
)

type (
	table = pairs.Table[string, string, int]
	cell  = pairs.Cell[int]
	row   = pairs.Pair[string, int]
	pair  struct{ set, member string }
)

func put(t *table, set string, cells map[string]cell) {
	rows := slices.Collect(sorted(cells))
	t.Put(set, len(rows), func(i int) row { return rows[i] })
}

// spelt shows cells with what their values are.
func spelt(rows iter.Seq[row]) string {
	var out []string
	for r := range rows {
		text := fmt.Sprint(r.Key, "=", r.Cell.Code)
		if r.Cell.Value != nil {
			text += fmt.Sprint("/", *r.Cell.Value)
		}
		out = append(out, text)
	}
	return fmt.Sprint(out)
}

// side is what a model has of one key, by the other.
func side(model map[pair]cell, want func(pair) (string, bool)) map[string]cell {
	of := make(map[string]cell)
	for p, c := range model {
		if k, ok := want(p); ok {
			of[k] = c
		}
	}
	return of
}

func sorted(cells map[string]cell) iter.Seq[row] {
	return func(yield func(row) bool) {
		for _, k := range slices.Sorted(maps.Keys(cells)) {
			if !yield(row{Key: k, Cell: cells[k]}) {
				return
			}
		}
	}
}

func TestATableIsAMapOfPairsReadFromBothSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := pairs.New[string, string, int]()
		model := make(map[pair]cell)
		of := func(set string) string {
			return spelt(sorted(side(model, func(p pair) (string, bool) { return p.member, p.set == set })))
		}
		in := func(member string) string {
			return spelt(sorted(side(model, func(p pair) (string, bool) { return p.set, p.member == member })))
		}
		type shot struct {
			rows pairs.Rows[string, int]
			want string
		}
		var shots []shot
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "key")) })
		some := rapid.Custom(func(t *rapid.T) cell {
			c := cell{Code: rapid.Uint8Range(0, pairs.Codes-1).Draw(t, "code")}
			if rapid.Bool().Draw(t, "with a value") {
				v := rapid.Int().Draw(t, "value")
				c.Value = &v
			}
			return c
		})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				set := key.Draw(t, "set")
				cells := rapid.MapOfN(key, rapid.OneOf(some, rapid.Just(cell{})), 1, 6).Draw(t, "cells")
				put(tab, set, cells)
				for m, c := range cells {
					if model[pair{set, m}] = c; c == (cell{}) {
						delete(model, pair{set, m})
					}
				}
			},
			"drop": func(t *rapid.T) {
				set := key.Draw(t, "set")
				tab.Drop(set)
				maps.DeleteFunc(model, func(p pair, _ cell) bool { return p.set == set })
			},
			"forget": func(t *rapid.T) { tab.Forget(key.Draw(t, "member")) },
			"read": func(t *rapid.T) {
				k := key.Draw(t, "key")
				shots = append(shots, shot{tab.Of(k), of(k)}, shot{tab.In(k), in(k)})
			},
			"": func(t *rapid.T) {
				for i := range 13 { // sets are read by an action: what is written waits where nobody does
					k := fmt.Sprint(i)
					if got, want := spelt(tab.In(k).All()), in(k); got != want {
						t.Fatalf("member %s is in %s, want %s", k, got, want)
					}
				}
				for i := range 13 * 13 {
					p := pair{fmt.Sprint(i / 13), fmt.Sprint(i % 13)}
					if got := tab.At(p.set, p.member); got != model[p] {
						t.Fatalf("at %v is %v, want %v", p, got, model[p])
					}
				}
				for _, s := range shots {
					if got := spelt(s.rows.All()); got != s.want {
						t.Fatalf("a reader sees %s, began with %s", got, s.want)
					}
				}
			},
		})
		for i := range 13 {
			k := fmt.Sprint(i)
			if got, want := spelt(tab.Of(k).All()), of(k); got != want {
				t.Fatalf("set %s has %s, want %s", k, got, want)
			}
		}
	})
}

func TestWhatIsWrittenWaitsUntilTheSetIsRead(t *testing.T) {
	tab := pairs.New[string, string, int]()
	cells := make(map[string]cell)
	for n := range 1_000 {
		cells[fmt.Sprintf("%05d", n)] = cell{Code: 1}
	}
	put(tab, "s", cells)
	code := uint8(0)
	write := func() {
		code = 1 - code
		tab.Put("s", 1, func(int) row { return row{Key: "00500", Cell: cell{Code: code}} })
	}
	if n := testing.AllocsPerRun(100, write); n > 1 {
		t.Errorf("a write allocates %v times", n)
	}
	before := tab.Of("s")
	want := spelt(before.All())
	if code == 0 != !strings.Contains(want, "00500") {
		t.Fatal("the last of many writes is not what counts")
	}
	for range 3 {
		if write(); spelt(before.All()) != want {
			t.Fatal("a reader sees what was written since")
		}
	}
}

func TestASetOfManyBlocks(t *testing.T) {
	// Blocks split, empty and are written to in their middle and at both ends.
	random := rand.New(rand.NewPCG(1, 2))
	tab := pairs.New[string, string, int]()
	model := make(map[string]cell)
	name := func(n int) string { return fmt.Sprintf("%05d", n) }
	for range 60 {
		cells := make(map[string]cell)
		from, width := random.IntN(20_000), 1+random.IntN(6_000)
		for range random.IntN(3_000) {
			c := cell{Code: uint8(1 + random.IntN(3))}
			if n := random.Int(); n%5 == 0 {
				c.Value = &n
			}
			cells[name(from+random.IntN(width))] = c
		}
		from = random.IntN(20_000)
		for n := from; n < from+random.IntN(4_000); n++ {
			cells[name(n)] = cell{}
		}
		put(tab, "s", cells)
		for m, c := range cells {
			if model[m] = c; c == (cell{}) {
				delete(model, m)
			}
		}
		rows := tab.Of("s")
		keys := slices.Sorted(maps.Keys(model))
		if spelt(rows.All()) != spelt(sorted(model)) {
			t.Fatalf("%d members are not as they were put", len(model))
		}
		for range 100 {
			after := name(random.IntN(30_000))
			at, found := slices.BinarySearch(keys, after)
			if found {
				at++
			}
			tail := rows.After(after)
			for again := range 2 {
				var got []string
				for r := range tail {
					if got = append(got, r.Key); r.Cell != model[r.Key] {
						t.Fatalf("after %s, %s has %v, want %v", after, r.Key, r.Cell, model[r.Key])
					}
					if len(got) == 3 {
						break
					}
				}
				if want := keys[at:min(at+3, len(keys))]; !slices.Equal(got, want) {
					t.Fatalf("after %s come %v (reading %d), want %v", after, got, again, want)
				}
			}
		}
	}
}

// manySets is a table in which a member is in all sets but every third, and has a value in every seventh.
func manySets(sets int) *table {
	tab := pairs.New[string, string, int]()
	for n := range sets {
		set := n * 7919 % sets // their numbers are not in the order of their names
		c := cell{Code: uint8(1 + set%3)}
		if set%7 == 0 {
			c.Value = &set
		}
		if set%3 == 0 {
			c = cell{}
		}
		put(tab, fmt.Sprintf("%05d", set), map[string]cell{"m": c, "other": {Code: 1}})
	}
	return tab
}

func TestAPairIsFoundInManySetsWithoutAllocating(t *testing.T) {
	for _, sets := range []int{1, 2, 63, 64, 65, 66, 97, 98, 130, 1000, 5000} {
		tab := manySets(sets)
		want := maps.Collect(func(yield func(string, cell) bool) {
			for p := range tab.In("m").All() {
				if !yield(p.Key, p.Cell) {
					return
				}
			}
		})
		names := make([]string, sets)
		for n := range sets {
			names[n] = fmt.Sprintf("%05d", n)
		}
		if n := testing.AllocsPerRun(1, func() {
			for _, set := range names {
				if got := tab.At(set, "m"); got != want[set] {
					t.Fatalf("of %d sets, %s has %v, want %v", sets, set, got, want[set])
				}
			}
			if (tab.At("00000 ", "m") != cell{} || tab.At("", "m") != cell{} || tab.At("00000", "nobody") != cell{}) {
				t.Fatal("there is something that was not put")
			}
		}); n != 0 {
			t.Errorf("%v allocations to look at %d sets", n, sets)
		}
	}
}

func BenchmarkAt(b *testing.B) {
	for _, sets := range []int{10, 100, 10_000} {
		tab := manySets(sets)
		names := make([]string, sets)
		for n := range sets {
			names[n] = fmt.Sprintf("%05d", n)
		}
		b.Run(fmt.Sprint(sets), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				tab.At(names[i%sets], "m")
			}
		})
	}
}

func TestForgettingLetsGoOfTheKey(t *testing.T) {
	const members, size = 500, 10_000
	heap := func() int64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := heap()
	tab := pairs.New[string, string, int]()
	for again := range 2 {
		cells := make(map[string]cell)
		for i := range members {
			cells[fmt.Sprintf("%0*d", size, i)] = cell{Code: 1}
		}
		put(tab, "s", cells)
		for member := range cells {
			tab.Forget(member)
			if spelt(tab.In(member).All()) != "[s=1]" {
				t.Fatal("a pair is gone")
			}
		}
		tab.Drop("s")
		for member := range cells {
			tab.Forget(member)
			tab.Forget(member)
		}
		cells = nil
		if left := heap() - before; left > members*size/10 {
			t.Fatalf("%d bytes are left after %d members (time %d)", left, members, again)
		}
	}
	runtime.KeepAlive(tab)
}

// TestANumberIsOfOneKeyInAnEra gives the number of a member who is forgotten to another.
func TestANumberIsOfOneKeyInAnEra(t *testing.T) {
	of := map[uint64]map[uint32]string{}
	members, tab := []string{"a", "b", "c", "d"}, pairs.New[string, string, int]()
	r := rand.New(rand.NewPCG(1, 2))
	reused := false
	for range 200 {
		member := members[r.IntN(len(members))]
		if r.IntN(2) == 0 {
			put(tab, "s", map[string]cell{member: {}})
			tab.Forget(member)
		} else {
			put(tab, "s", map[string]cell{member: {Code: 1}})
		}
		rows := tab.Of("s")
		known := of[rows.Era()]
		if known == nil {
			known = map[uint32]string{}
			of[rows.Era()] = known
		}
		for p := range rows.All() {
			if was, met := known[p.Number]; met && was != p.Key {
				t.Fatalf("number %d is of %q and of %q", p.Number, was, p.Key)
			}
			known[p.Number] = p.Key
			if era, n := tab.Members(); era != rows.Era() || int(p.Number) >= n {
				t.Fatalf("number %d of era %d, among %d of era %d", p.Number, rows.Era(), n, era)
			}
			reused = reused || rows.Era() > 0 && of[rows.Era()-1][p.Number] != p.Key
		}
	}
	if !reused {
		t.Error("no number was given again")
	}
}
