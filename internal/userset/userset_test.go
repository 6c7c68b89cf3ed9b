package userset_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/userset"
	"pgregory.net/rapid"
)

// world is a population and a set of it, beside what the set should be.
type world struct {
	n     int // users: chunks of which the last has an odd end
	set   userset.Set
	model []bool // by user
}

// chunks yields each chunk of n users, its first user and how many it has.
func chunks(n int) func(func(int, int) bool) {
	return func(yield func(int, int) bool) {
		for k := 0; k*userset.Chunk < n; k++ {
			if !yield(k, min(n-k*userset.Chunk, userset.Chunk)) {
				return
			}
		}
	}
}

func populations() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(1, 600), rapid.IntRange(1, 3*userset.Chunk), rapid.SampledFrom([]int{64, 512, 65_535, 65_536, 65_537, 131_072}))
}

// members draws members of the first n users: nobody, everybody, few, or many.
func members(t *rapid.T, n int) *userset.Bits {
	b := new(userset.Bits)
	r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 0))
	in := 0
	switch rapid.IntRange(0, 4).Draw(t, "how many") {
	case 0:
		b.Fill(n)
		return b
	case 1:
		b.Fill(n)
		b.Clear(uint16(r.IntN(n)))
		return b
	case 2:
		in = r.IntN(n/100 + 2)
	case 3:
		in = r.IntN(2 * n)
	}
	for range in {
		b.Set(uint16(r.IntN(n)))
	}
	return b
}

// equal fails unless the set is its model, to whoever looks.
func (w *world) equal(t *rapid.T) {
	var want []uint32
	for u, in := range w.model {
		if in {
			want = append(want, uint32(u))
		}
	}
	if got := slices.Collect(w.set.All()); !slices.Equal(got, want) {
		t.Fatalf("of %d users, %d instead of %d are in", w.n, len(got), len(want))
	}
	if got := w.set.Count(); got != len(want) {
		t.Fatalf("counts %d, has %d", got, len(want))
	}
	for k, n := range chunks(w.n + userset.Chunk) {
		var all, out userset.Bits
		w.set.Load(k, &all)
		if got := w.set.CountIn(k); got != all.Count() {
			t.Fatalf("chunk %d counts %d, has %d", k, got, all.Count())
		}
		w.set.OrNot(k, &out, n)
		if listed := w.set.Append(k, []uint16{7}); listed[0] != 7 || !slices.Equal(listed[1:], slices.Collect(all.All())) {
			t.Fatalf("chunk %d lists %d others than it has", k, len(listed)-1)
		}
		all.Complement(n)
		if all != out {
			t.Fatalf("the others of chunk %d are not its complement", k)
		}
	}
}

func (w *world) user(t *rapid.T) uint32 {
	return uint32(rapid.OneOf(rapid.IntRange(0, w.n-1), rapid.IntRange(0, min(w.n, 70)-1)).Draw(t, "user"))
}

func TestASetIsItsModelThroughEveryHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{n: populations().Draw(t, "users")}
		w.model = make([]bool, w.n)
		put := func(t *rapid.T, put func(k int, b *userset.Bits, n int)) {
			k := rapid.IntRange(0, (w.n-1)/userset.Chunk).Draw(t, "chunk")
			n := min(w.n-k*userset.Chunk, userset.Chunk)
			b := members(t, n)
			for i := range n {
				w.model[k*userset.Chunk+i] = b.Has(uint16(i))
			}
			put(k, b, n)
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				u := w.user(t)
				if got := w.set.Add(u); got == w.model[u] {
					t.Fatalf("adding %d says %v", u, got)
				}
				w.model[u] = true
			},
			"remove": func(t *rapid.T) {
				u := w.user(t)
				if got := w.set.Remove(u); got != w.model[u] {
					t.Fatalf("removing %d says %v", u, got)
				}
				w.model[u] = false
			},
			"add or remove a run": func(t *rapid.T) {
				from, step, add := w.user(t), uint32(rapid.IntRange(1, 200).Draw(t, "step")), rapid.Bool().Draw(t, "add")
				for u := from; u < uint32(w.n) && u < from+1000*step; u += step {
					if add {
						w.set.Add(u)
						w.model[u] = true
					} else {
						w.set.Remove(u)
						w.model[u] = false
					}
				}
			},
			"add all": func(t *rapid.T) {
				var other userset.Set
				for k, n := range chunks(w.n) {
					if rapid.Bool().Draw(t, "in this chunk") {
						b := members(t, n)
						other.Put(k, b, n)
						for i := range b.All() {
							w.model[k*userset.Chunk+int(i)] = true
						}
					}
				}
				w.set.AddAll(&other)
			},
			"put bits": func(t *rapid.T) {
				put(t, func(k int, b *userset.Bits, n int) {
					if n < userset.Chunk && rapid.Bool().Draw(t, "more") {
						b.Set(uint16(n)) // who is no user of the chunk is not put
					}
					w.set.Put(k, b, n)
				})
			},
			"put bits that were counted": func(t *rapid.T) {
				put(t, func(k int, b *userset.Bits, n int) { w.set.PutCounted(k, b, b.Count(), n) })
			},
			"clear": func(*rapid.T) {
				w.set.Clear()
				clear(w.model)
			},
			"go on with a copy": func(t *rapid.T) {
				var other userset.Set
				for k, n := range chunks(w.n + userset.Chunk) {
					other.Put(k, members(t, n), n) // what was in it before is not
				}
				other.Copy(&w.set)
				for u := range uint32(min(w.n, 200)) {
					if !w.set.Add(u) { // the copy shares nothing
						w.set.Remove(u)
					}
				}
				w.set = other
			},
			"put a list": func(t *rapid.T) {
				put(t, func(k int, b *userset.Bits, n int) {
					list := slices.Collect(b.All())
					w.set.PutList(k, list, n)
					clear(list) // the set has a copy
				})
			},
			"grow": func(t *rapid.T) {
				more := rapid.IntRange(1, 3000).Draw(t, "more")
				w.n, w.model = w.n+more, append(w.model, make([]bool, more)...)
			},
			"has": func(t *rapid.T) {
				u := w.user(t)
				for _, u := range []uint32{u, u + 1, u + 64, u + userset.Chunk, 1<<32 - 1} {
					if got := w.set.Has(u); got != (int(u) < w.n && w.model[u]) {
						t.Fatalf("%d is in: %v", u, got)
					}
				}
			},
			"": w.equal,
		})
	})
}

// All pairs of forms meet here, also in chunks that one or both of the sets do not have.
func TestCombiningIsThatOfMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := min(populations().Draw(t, "users"), userset.Chunk)
		a, b := members(t, min(populations().Draw(t, "users of the other"), userset.Chunk)), members(t, n)
		var set userset.Set
		switch rapid.IntRange(0, 2).Draw(t, "before") {
		case 0:
			b.Reset() // the set does not have the chunk
		case 1:
			set.Put(1, a, userset.Chunk)
			fallthrough
		default:
			set.Put(1, b, n)
		}
		more := min(n+rapid.IntRange(0, 100).Draw(t, "more users"), userset.Chunk)
		for _, c := range []struct {
			name string
			set  func(*userset.Bits)
			bits func(*userset.Bits)
			want func(a, b, user bool) bool // whether who is in a, in b, a user of the chunk, is in
		}{
			{"load", func(x *userset.Bits) { set.Load(1, x) }, func(x *userset.Bits) { *x = *b }, func(_, b, _ bool) bool { return b }},
			{"and", func(x *userset.Bits) { set.And(1, x) }, func(x *userset.Bits) { x.And(b) }, func(a, b, _ bool) bool { return a && b }},
			{"and not", func(x *userset.Bits) { set.AndNot(1, x) }, func(x *userset.Bits) { x.AndNot(b) }, func(a, b, _ bool) bool { return a && !b }},
			{"or", func(x *userset.Bits) { set.Or(1, x) }, func(x *userset.Bits) { x.Or(b) }, func(a, b, _ bool) bool { return a || b }},
			{"xor", func(x *userset.Bits) { set.Xor(1, x) }, func(x *userset.Bits) { x.Xor(b) }, func(a, b, _ bool) bool { return a != b }},
			{"or not", func(x *userset.Bits) { set.OrNot(1, x, more) }, func(x *userset.Bits) {
				y := *b
				y.Complement(more)
				x.Or(&y)
			}, func(a, b, user bool) bool { return a || user && !b }},
			{"complement", func(x *userset.Bits) { x.Complement(more) }, func(x *userset.Bits) {
				*x = userset.Bits{}
				x.Fill(more)
				x.AndNot(a)
			}, func(a, _, user bool) bool { return user && !a }},
		} {
			bySet, byBits := *a, *a
			c.set(&bySet)
			c.bits(&byBits)
			in := 0
			for i := range userset.Chunk {
				u := uint16(i)
				want := c.want(a.Has(u), b.Has(u), i < more)
				if bySet.Has(u) != want || byBits.Has(u) != want {
					t.Fatalf("%s: %d is in: %v by the set, %v by bits, want %v", c.name, i, bySet.Has(u), byBits.Has(u), want)
				}
				if want {
					in++
				}
			}
			if bySet.Count() != in || bySet.Empty() != (in == 0) {
				t.Fatalf("%s: counts %d of %d, empty %v", c.name, bySet.Count(), in, bySet.Empty())
			}
		}
		also := members(t, min(populations().Draw(t, "users of a third"), userset.Chunk))
		var third userset.Set
		third.Put(1, also, userset.Chunk)
		bySets, byBits := *a, *b
		set.AndEither(&third, 1, &bySets)
		byBits.Or(also)
		byBits.And(a)
		if bySets != byBits {
			t.Fatalf("and either: %d are in, want %d", bySets.Count(), byBits.Count())
		}
		byBits = *a
		byBits.And(b)
		most := rapid.IntRange(0, 100).Draw(t, "most")
		want := append([]uint16{7}, slices.Collect(byBits.All())...)
		want = want[:min(len(want), most+1)]
		if got := set.AppendIn(1, a, []uint16{7}, most); !slices.Equal(got, want) {
			t.Fatalf("append: %v are in both, want %v", got, want)
		}
		both := *a
		both.And(also)
		if got := third.CountAnd(1, a); got != both.Count() {
			t.Fatalf("count and: %d are in both, want %d", got, both.Count())
		}
	})
}

func TestSetsAreEqualWhateverTheirForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := min(populations().Draw(t, "users"), userset.Chunk)
		b := members(t, n)
		var put, added, listed userset.Set
		put.Put(0, b, n)
		listed.PutList(0, slices.Collect(b.All()), userset.Chunk)
		for i := range b.All() {
			added.Add(uint32(i))
		}
		if !put.Equal(&added) || !added.Equal(&listed) || !listed.Equal(&put) {
			t.Fatal("the same users are not equal")
		}
		added.Add(2 * userset.Chunk)
		if put.Equal(&added) || added.Equal(&put) {
			t.Fatal("one user more is equal")
		}
		added.Remove(2 * userset.Chunk)
		if !put.Equal(&added) || !added.Equal(&put) {
			t.Fatal("a chunk of nobody is not one that is not there")
		}
		u, v := uint32(rapid.IntRange(0, n-1).Draw(t, "u")), uint32(n)
		if put.Remove(u) && n < userset.Chunk {
			put.Add(v)
			if put.Equal(&added) {
				t.Fatal("another user is equal")
			}
		}
	})
}

func TestAllOfTheFirstStaysThatWhenThePopulationGrows(t *testing.T) {
	var s userset.Set
	b := new(userset.Bits)
	b.Fill(1000)
	s.Put(0, b, 1000)
	if s.Has(1000) || s.Has(65_535) || s.Has(65_536) || !s.Has(999) {
		t.Error("who came later is in, or who was there is not")
	}
	s.Add(1000)
	b.Reset()
	if s.OrNot(0, b, 1003); b.Count() != 2 || !b.Has(1001) || !b.Has(1002) {
		t.Errorf("%d of two are out", b.Count())
	}
}

func TestAChunkTakesTheCheapestForm(t *testing.T) {
	var empty userset.Set
	empty.Put(0, new(userset.Bits), userset.Chunk)
	for _, c := range []struct {
		members, of int
		bytes       int
		why         string
	}{
		{0, 65_536, 0, "nobody costs nothing"},
		{65_536, 65_536, 0, "nor does everybody"},
		{1000, 1000, 0, "nor everybody of a small chunk"},
		{512, 65_536, 1024, "a 128th is a list"},
		{513, 65_536, 8192, "more are bits"},
		{79, 10_000, 1280, "the bits of a small chunk are as few as its users"},
		{78, 10_000, 160, "and its lists as short: more would be larger than bits"},
		{8, 100, 16, "a few are a list in any chunk"},
	} {
		b := new(userset.Bits)
		for i := range c.members {
			b.Set(uint16(i * (c.of / max(c.members, 1))))
		}
		var put, listed userset.Set
		put.Put(0, b, c.of)
		listed.PutList(0, slices.Collect(b.All()), c.of)
		for _, s := range []*userset.Set{&put, &listed} {
			if got := s.Bytes() - empty.Bytes(); got < c.bytes || got > c.bytes+c.bytes/8 {
				t.Errorf("%d of %d take %d bytes, want %d: %s", c.members, c.of, got, c.bytes, c.why)
			}
		}
	}
}

func TestEverybodyAddedInOrderCostsNothing(t *testing.T) {
	var one, s userset.Set
	one.Add(2 * userset.Chunk)
	for u := range uint32(2*userset.Chunk + 5000) {
		s.Add(u)
	}
	if s.Bytes() > one.Bytes()+16 {
		t.Errorf("%d bytes for everybody", s.Bytes())
	}
}

func TestOneUserWhoComesAndGoesDoesNotAllocate(t *testing.T) {
	for name, in := range map[string]int{"nobody": 0, "as many as a list may have": 511, "one more": 512, "many": 40_000, "everybody": userset.Chunk} {
		var s userset.Set
		b := new(userset.Bits)
		for i := range in {
			b.Set(uint16(i * userset.Chunk / in))
		}
		s.Put(0, b, userset.Chunk)
		u := uint32(0)
		if in < userset.Chunk {
			u = 1
		}
		flip := func() {
			if !s.Remove(u) {
				s.Add(u)
			}
		}
		for range 4 {
			flip() // the first may change the form
		}
		if n := testing.AllocsPerRun(100, flip); n != 0 {
			t.Errorf("among %s: %v allocations", name, n)
		}
	}
}

func TestASetThatIsClearedIsMadeAgainInTheSameMemory(t *testing.T) {
	many, few := new(userset.Bits), new(userset.Bits)
	for i := range 30_000 {
		many.Set(uint16(2 * i))
	}
	list := []uint16{1, 100, 7000}
	few.SetAll(list)
	var s, other userset.Set
	other.Put(1, many, userset.Chunk)
	other.PutList(0, list, userset.Chunk)
	if n := testing.AllocsPerRun(10, func() { // the first is not counted
		s.Clear()
		s.Put(1, many, userset.Chunk)
		s.Put(0, few, userset.Chunk)
		s.Clear() // each chunk has the other form then
		s.PutList(1, list, userset.Chunk)
		s.Put(0, many, userset.Chunk)
		s.Copy(&other)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestReadingAndCombiningDoNotAllocate(t *testing.T) {
	for name, in := range map[string]int{"nobody": 0, "few": 300, "many": 30_000, "everybody": userset.Chunk} {
		var s userset.Set
		b, x := new(userset.Bits), new(userset.Bits)
		for i := range in {
			b.Set(uint16(i * userset.Chunk / in))
		}
		s.Put(1, b, userset.Chunk)
		if n := testing.AllocsPerRun(10, func() {
			for k := range 3 {
				s.Load(k, x)
				s.And(k, x)
				s.AndNot(k, x)
				s.Or(k, x)
				s.OrNot(k, x, 1000)
				s.Xor(k, x)
				x.Count()
				s.CountIn(k)
			}
			for u := range uint32(1000) {
				s.Has(u * 200)
			}
			s.Count()
			s.Put(1, b, userset.Chunk) // into what the same form held
			for range s.All() {
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestAddingAllocatesRarely(t *testing.T) {
	inOrder := make([]uint32, userset.Chunk-1)
	for i := range inOrder {
		inOrder[i] = uint32(i + 1) // without the first, so that they are not all of the first n
	}
	shuffled := slices.Clone(inOrder)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for name, order := range map[string][]uint32{"in order": inOrder, "shuffled": shuffled} {
		if n := testing.AllocsPerRun(3, func() {
			var s userset.Set
			for _, u := range order {
				s.Add(u)
			}
		}); n > 25 {
			t.Errorf("%v allocations for %d users %s", n, len(order), name)
		}
	}
}

// Sets of bits of unlike lengths, neither in the other, so that every word of a stride is asked of both.
func TestOfTwoSetsOfBitsWhoeverIsInEitherStays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) *userset.Bits {
		b := new(userset.Bits)
		for u := range n {
			if r.IntN(3) == 0 {
				b.Set(uint16(u))
			}
		}
		return b
	}
	for _, n := range [][3]int{{5000, 5000, 3000}, {5000, 3000, 5000}, {3000, 5000, 5000}, {userset.Chunk, userset.Chunk, userset.Chunk}} {
		var s, u userset.Set
		b, c, d := draw(n[0]), draw(n[1]), draw(n[2])
		s.Put(0, c, n[1])
		u.Put(0, d, n[2])
		got := *b
		s.AndEither(&u, 0, &got)
		count := 0
		for i := range b.All() {
			want := c.Has(i) || d.Has(i)
			if want {
				count++
			}
			if got.Has(i) != want {
				t.Fatalf("%v users: %d is in: %v, want %v", n, i, got.Has(i), want)
			}
		}
		if got.Count() != count {
			t.Errorf("%v users: %d are in, want %d", n, got.Count(), count)
		}
	}
}
