package column_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/grouprules/groups/internal/column"
	"github.com/grouprules/groups/internal/userset"
	"pgregory.net/rapid"
)

// world is a column beside the codes that it should have.
type world struct {
	column column.Column
	pick   column.Pick // of whatever it was of before
	codes  []uint32
	top    int // one more than the highest code put
	random *rand.Rand
}

func (w *world) put(u int, code uint32) {
	if u >= len(w.codes) {
		w.codes = append(w.codes, make([]uint32, u+1-len(w.codes))...)
	}
	w.codes[u] = code
	w.top = max(w.top, int(code)+1)
	w.column.Put(uint32(u), code)
}

// pick draws codes, ascending, of 0 to a few beyond the highest: in runs, scattered, or all.
func pick(t *rapid.T, top int) []uint32 {
	r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<20).Draw(t, "pick")), 1))
	var codes []uint32
	gap := []int{1, 3, 100, 5000}[r.IntN(4)]
	run := []int{1, 10, 3000}[r.IntN(3)]
	for c := r.IntN(top + 3); c < top+3 && len(codes) < 5000; c += 1 + r.IntN(gap) {
		for end := c + r.IntN(run); c <= end && c < top+3; c++ {
			codes = append(codes, uint32(c))
		}
	}
	if r.IntN(4) == 0 {
		codes = append(codes, uint32(top)+100) // nobody ever had it
	}
	return codes
}

// equal fails unless Select finds, in every chunk, exactly those whose code is looked for.
func (w *world) equal(t *rapid.T, codes []uint32) {
	any := slices.Clone(codes) // in any order
	rand.New(rand.NewPCG(1, uint64(len(any)))).Shuffle(len(any), func(i, j int) { any[i], any[j] = any[j], any[i] })
	p := column.NewPick(any)
	var set userset.Set
	set.Add(0) // what was in it before is not
	w.column.Fill(&set, any, &w.pick, new(userset.Bits))
	total := 0
	for k := range len(w.codes)/userset.Chunk + 2 {
		var want, got userset.Bits
		n := 0
		for i := k * userset.Chunk; i < min((k+1)*userset.Chunk, len(w.codes)); i++ {
			if _, found := slices.BinarySearch(codes, w.codes[i]); found {
				want.Set(uint16(i))
				n++
			}
		}
		var filled userset.Bits
		if set.Load(k, &filled); filled != want {
			t.Fatalf("chunk %d is filled with %d, want %d", k, filled.Count(), n)
		}
		for i := range uint16(100) { // who was in stays in, and does not count
			want.Set(i * 600)
			got.Set(i * 600)
		}
		if met := w.column.Select(k, p, &got); met != n {
			t.Fatalf("chunk %d: met %d, want %d", k, met, n)
		}
		if got != want {
			t.Fatalf("chunk %d: %d are in, want %d", k, got.Count(), want.Count())
		}
		total += n
	}
	count := 0
	for _, c := range codes {
		count += w.column.Count(c)
	}
	if count != total {
		t.Fatalf("%d have one of the codes by their counts, %d by who they are", count, total)
	}
}

func TestAColumnIsItsModelThroughEveryHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{random: rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 0))}
		users := rapid.SampledFrom([]int{10, 700, 65_536, 70_000, 140_000}).Draw(t, "users")
		codes := rapid.SampledFrom([]int{1, 2, 10, 3000, 70_000}).Draw(t, "codes")
		t.Repeat(map[string]func(*rapid.T){
			"put one": func(t *rapid.T) { w.put(w.random.IntN(users), uint32(w.random.IntN(codes))) },
			"put many": func(t *rapid.T) {
				for range 1 + users/10 {
					w.put(w.random.IntN(users), uint32(w.random.IntN(codes)))
				}
			},
			"put all": func(t *rapid.T) {
				for u := range users {
					w.put(u, uint32(w.random.IntN(codes)))
				}
			},
			"grow": func(t *rapid.T) { w.put(len(w.codes)+w.random.IntN(3), uint32(w.random.IntN(codes))) },
			"tidy": func(t *rapid.T) { w.column.Tidy() },
			"": func(t *rapid.T) {
				if w.column.Len() != len(w.codes) || w.column.Codes() != w.top {
					t.Fatalf("%d users, %d codes, want %d, %d", w.column.Len(), w.column.Codes(), len(w.codes), w.top)
				}
				for range 20 {
					if u := w.random.IntN(users + 10); u < len(w.codes) && w.column.Code(uint32(u)) != w.codes[u] || u >= len(w.codes) && w.column.Code(uint32(u)) != 0 {
						t.Fatalf("%d has code %d", u, w.column.Code(uint32(u)))
					}
				}
				w.equal(t, pick(t, w.top))
			},
		})
	})
}

func TestUsersInOrderAndNotAreTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 0))
		codes := rapid.SampledFrom([]int{1, 2, 2047, 2048, 2049, 300_000}).Draw(t, "codes")
		var stale, tidy column.Column
		for u := range uint32(1 + r.IntN(userset.Chunk)) {
			code := uint32(r.IntN(codes))
			stale.Put(u, code)
			tidy.Put(u, code)
		}
		tidy.Tidy()
		for range 10 {
			p := column.NewPick(pick(t, codes))
			var a, b userset.Bits
			if m, n := stale.Select(0, p, &a), tidy.Select(0, p, &b); m != n || a != b {
				t.Fatalf("%d by going through all, %d by their order", m, n)
			}
		}
	})
}

// Up to one of sixteen are put for at a time, often the same few, so that they are taken out of the order and put in again.
func TestWhoMovedIsPutInOrderAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 0))
		users := rapid.SampledFrom([]int{32, 200, 1000, userset.Chunk, userset.Chunk + 40}).Draw(t, "users")
		codes := rapid.SampledFrom([]int{1, 2, 5, 5, users}).Draw(t, "codes")
		w := &world{random: r}
		for u := range users {
			w.put(u, uint32(r.IntN(codes)))
		}
		w.column.Tidy()
		few := rapid.IntRange(1, 5).Draw(t, "of so many")
		for range 6 {
			for range 1 + r.IntN(max(min(users, userset.Chunk)/16-1, 1)) {
				u := r.IntN(users)
				if few < 5 {
					u = users - 1 - r.IntN(few)
				}
				w.put(u, uint32(r.IntN(codes+1)))
			}
			if r.IntN(8) == 0 {
				w.put(users, 0)
				users++
			}
			w.column.Tidy()
			fresh := new(column.Column)
			for u, code := range w.codes {
				fresh.Put(uint32(u), code)
			}
			fresh.Tidy()
			for range min(codes+1, 40) {
				code := uint32(r.IntN(codes + 1))
				for k := range w.column.Chunks() {
					var got, want userset.Bits
					p := column.NewPick([]uint32{code})
					if m, n := w.column.Select(k, p, &got), fresh.Select(k, p, &want); m != n || got != want {
						t.Fatalf("%d have code %d of chunk %d, want %d", m, code, k, n)
					}
				}
			}
			w.equal(t, pick(t, w.top))
		}
	})
}

func TestHighCodesAreFound(t *testing.T) {
	const highest = 5_000_000 // three digits
	var c column.Column
	for u := range uint32(1000) {
		c.Put(u, u*7919*13%highest)
	}
	c.Put(1000, highest)
	for range 2 {
		for u := range uint32(1001) {
			var b userset.Bits
			if n := c.Select(0, column.NewPick([]uint32{c.Code(u)}), &b); n != 1 || !b.Has(uint16(u)) {
				t.Fatalf("code %d of %d: %d users", c.Code(u), u, n)
			}
		}
		for _, codes := range [][]uint32{{1<<32 - 1}, {highest + 1}} {
			if n := c.Select(0, column.NewPick(codes), new(userset.Bits)); n != 0 || c.Count(codes[0]) != 0 {
				t.Errorf("%d users have code %v that none was given", n, codes)
			}
		}
		c.Tidy()
	}
}

func TestTheZeroColumnHasNoUsers(t *testing.T) {
	var c column.Column
	c.Tidy()
	if c.Len() != 0 || c.Codes() != 0 || c.Code(5) != 0 || c.Count(0) != 0 || c.Select(0, column.NewPick([]uint32{0}), new(userset.Bits)) != 0 {
		t.Error("the zero Column has something in it")
	}
	c.Put(3, 2)
	if c.Len() != 4 || c.Codes() != 3 || c.Count(0) != 3 || c.Select(0, column.NewPick(nil), new(userset.Bits)) != 0 {
		t.Error("those before the first have code 0, and no codes find nobody")
	}
}

func TestAColumnTakesSixBytesAUserAndItsCodes(t *testing.T) {
	const users = 4 * userset.Chunk
	for _, codes := range []uint32{10, 5000} {
		var c column.Column
		c.Put(users-1, 0)
		for u := range uint32(users) {
			c.Put(u, u%codes)
		}
		c.Tidy()
		if most := users*6 + 4*int(codes)*6 + 4*int(codes) + 1000; c.Bytes() > most+most/20 {
			t.Errorf("%d bytes for %d users and %d codes", c.Bytes(), users, codes)
		}
	}
}

func TestSelectingDoesNotAllocateAndTidyingOnlyWhatItSortsIn(t *testing.T) {
	var c column.Column
	for u := range uint32(userset.Chunk + 1000) {
		c.Put(u, u%3000)
	}
	c.Tidy()
	c.Put(userset.Chunk+1, 7) // the last chunk is stale
	p, into := column.NewPick([]uint32{1, 2, 3, 700, 2900}), new(userset.Bits)
	if n := testing.AllocsPerRun(10, func() {
		for k := range 3 {
			c.Select(k, p, into)
		}
	}); n != 0 {
		t.Errorf("selecting: %v allocations", n)
	}
	if n := testing.AllocsPerRun(10, func() {
		c.Put(5, 7-c.Code(5))
		c.Tidy()
	}); n > 4 { // what it sorts in
		t.Errorf("tidying: %v allocations", n)
	}
}

// What is not written to is not sorted, which would take memory to sort in.
func TestTidyingWhatIsTidyCostsNothing(t *testing.T) {
	var c column.Column
	for u := range uint32(userset.Chunk + 1000) {
		c.Put(u, u%3000)
	}
	c.Tidy()
	if n := testing.AllocsPerRun(10, func() {
		c.Put(5, c.Code(5)) // what he has
		c.Tidy()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAColumnIsReadAtOnce(t *testing.T) {
	var c column.Column
	for u := range uint32(2 * userset.Chunk) {
		c.Put(u, u%100)
	}
	c.Tidy()
	c.Put(0, 50)
	p := column.NewPick([]uint32{0, 50})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for k := range 2 {
				if n := c.Select(k, p, new(userset.Bits)); n < 1310 || n > 1312 {
					t.Error("another answer in another goroutine", n)
				}
			}
		})
	}
	all.Wait()
}

func TestAPickOfNoCodesFindsNobody(t *testing.T) {
	var c column.Column
	c.Put(0, 1)
	c.Put(2, 1) // and 1 has code 0
	c.Tidy()
	var blank, spent column.Pick
	spent.Look([]uint32{0, 1})
	spent.Look(nil)
	for name, p := range map[string]*column.Pick{"blank": &blank, "spent": &spent, "nil": column.NewPick(nil)} {
		var into userset.Bits
		if n := c.Select(0, p, &into); n != 0 || !into.Empty() {
			t.Errorf("%s: %d are found, want nobody", name, n)
		}
	}
	var set userset.Set
	if c.FillChunk(&set, 0, &spent, new(userset.Bits)); set.Count() != 0 {
		t.Errorf("%d are filled in, want nobody", set.Count())
	}
}
